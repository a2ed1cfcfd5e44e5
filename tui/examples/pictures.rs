//! Draws the pictures of the README: `cargo run -p myexplain-tui --example pictures -- docs/images`.

use myexplain::Catalog;
use myexplain_tui::headless::Headless;
use myexplain_tui::{Palette, Start, Theme};
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

const SQL: &str = "\
-- name: by-name
SELECT e.last_name, s.salary
FROM employees e
JOIN salaries s ON s.emp_no = e.emp_no
WHERE e.first_name = 'Matt'
  AND s.to_date > '2002-01-01';
-- name: wide-range
SELECT * FROM employees WHERE hire_date > '1986-01-01';
-- name: staff
SELECT e.last_name FROM employees e
WHERE e.emp_no IN (SELECT t.emp_no FROM titles t WHERE t.title = 'Staff')
ORDER BY e.hire_date LIMIT 5;
";

/// Size of a cell in the picture.
const CELL: (f64, f64) = (8.4, 18.0);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = std::env::args().nth(1).ok_or("name the directory to write to")?;
    let directory = Path::new(&directory);
    for (name, keys) in [("explorer", "<Enter>jjj"), ("why", "<Enter>jjj5"), ("what-if", "<Enter>6jjj<Space>")] {
        let start = Start {
            catalog: Arc::new(Catalog::sample()),
            bundle: "employees".into(),
            file: Some("queries.sql".into()),
            text: SQL.into(),
            theme: Theme::new(Palette::Dark, false),
            options: String::new(),
            changes: Vec::new(),
        };
        let Ok(mut explorer) = Headless::new(start, 130, 34);
        explorer.press(keys);
        let Ok(buffer) = explorer.draw();
        std::fs::write(directory.join(format!("{name}.svg")), svg(buffer)?)?;
    }
    Ok(())
}

/// The picture as SVG, a text element for each run of cells of one style.
fn svg(buffer: &Buffer) -> Result<String, std::fmt::Error> {
    let (columns, rows) = (buffer.area.width, buffer.area.height);
    let (width, height) = (f64::from(columns) * CELL.0 + 16.0, f64::from(rows) * CELL.1 + 16.0);
    let mut out = String::new();
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\">"
    )?;
    writeln!(out, "<rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"#1e1e2e\"/>")?;
    writeln!(
        out,
        "<g font-family=\"ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace\" font-size=\"14\" xml:space=\"preserve\">"
    )?;
    for y in 0..rows {
        let mut x = 0;
        while x < columns {
            let Some(first) = buffer.cell((x, y)) else { break };
            let mut text = String::new();
            let from = x;
            while let Some(cell) = buffer.cell((x, y)).filter(|cell| x < columns && same_style(cell, first)) {
                text.push_str(cell.symbol());
                x += 1;
            }
            run(&mut out, first, &text, (from, y), x - from)?;
        }
    }
    out.push_str("</g>\n</svg>\n");
    Ok(out)
}

fn same_style(one: &Cell, other: &Cell) -> bool {
    (one.fg, one.bg, one.modifier) == (other.fg, other.bg, other.modifier)
}

fn run(out: &mut String, cell: &Cell, text: &str, (x, y): (u16, u16), cells: u16) -> std::fmt::Result {
    let reversed = cell.modifier.contains(Modifier::REVERSED);
    let (fg, bg) = (colour(cell.fg, "#cdd6f4"), colour(cell.bg, "#1e1e2e"));
    let (fg, bg) = if reversed { (bg, fg) } else { (fg, bg) };
    let (left, top) = (8.0 + f64::from(x) * CELL.0, 8.0 + f64::from(y) * CELL.1);
    let width = f64::from(cells) * CELL.0;
    if bg != "#1e1e2e" {
        writeln!(out, "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{}\" fill=\"{bg}\"/>", CELL.1)?;
    }
    if text.trim().is_empty() {
        return Ok(());
    }
    let weight = if cell.modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    writeln!(
        out,
        "<text x=\"{left:.1}\" y=\"{:.1}\" fill=\"{fg}\" textLength=\"{width:.1}\"{weight} xml:space=\"preserve\">{text}</text>",
        top + 13.5
    )
}

fn colour(color: Color, default: &'static str) -> &'static str {
    match color {
        Color::Black => "#11111b",
        Color::DarkGray => "#7f849c",
        Color::Gray => "#a6adc8",
        Color::LightRed | Color::Red => "#f38ba8",
        Color::LightGreen | Color::Green => "#a6e3a1",
        Color::LightYellow | Color::Yellow => "#f9e2af",
        Color::LightBlue | Color::Blue => "#89b4fa",
        Color::LightMagenta | Color::Magenta => "#cba6f7",
        Color::LightCyan | Color::Cyan => "#89dceb",
        Color::White => "#ffffff",
        _ => default,
    }
}
