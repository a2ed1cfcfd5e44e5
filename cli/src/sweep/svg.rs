//! Sweeps as pictures: SVG without scripts or fonts of its own.

use super::plan_name;
use myexplain::explain::decisions::Decisions;
use myexplain::what_if::sweep::{Axis, Diagram, Sweep};
use std::fmt::Write;

/// Colours of plans (Okabe and Ito): told apart by people who see colours otherwise, and on paper.
const COLORS: [&str; 8] = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#999999"];

/// The plot's frame, in pixels.
const LEFT: f64 = 90.0;
const TOP: f64 = 20.0;
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 420.0;
/// Height of a line of text.
const LINE: f64 = 18.0;

fn color(plan: usize) -> &'static str {
    COLORS[plan % COLORS.len()]
}

struct Picture {
    out: String,
}

impl Picture {
    fn new(plans: &[Decisions]) -> Picture {
        let lines: usize = plans.iter().map(|plan| 1 + plan.tables.len()).sum();
        let (width, height) = (LEFT + WIDTH + 30.0, TOP + HEIGHT + 60.0 + lines as f64 * LINE + 10.0);
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
             font-family=\"system-ui, sans-serif\" font-size=\"13\">\n"
        );
        let _ = writeln!(out, "<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>");
        Picture { out }
    }

    fn text(&mut self, x: f64, y: f64, anchor: &str, text: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(
            self.out,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"#222222\">{}</text>",
            escaped(text)
        );
    }

    fn box_of(&mut self, [x, y, width, height]: [f64; 4], fill: &str) {
        let _ = writeln!(
            self.out,
            "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" fill=\"{fill}\" shape-rendering=\"crispEdges\"/>"
        );
    }

    /// The frame, the ends of both axes, and what they show.
    fn frame(&mut self, x: &Axis, y_ends: [String; 2], y_name: &str) {
        let _ = writeln!(
            self.out,
            "<rect x=\"{LEFT}\" y=\"{TOP}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"none\" stroke=\"#222222\"/>"
        );
        let below = TOP + HEIGHT + 18.0;
        self.text(LEFT, below, "start", &x.print(x.from));
        self.text(LEFT + WIDTH, below, "end", &x.print(x.to));
        self.text(LEFT + WIDTH / 2.0, below + 18.0, "middle", &x.to_string());
        self.text(LEFT - 6.0, TOP + HEIGHT, "end", &y_ends[0]);
        self.text(LEFT - 6.0, TOP + 10.0, "end", &y_ends[1]);
        let (x, y) = (18.0, TOP + HEIGHT / 2.0);
        let name = escaped(y_name);
        let _ = writeln!(
            self.out,
            "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" fill=\"#222222\" transform=\"rotate(-90 {x} {y})\">{name}</text>"
        );
    }

    /// The plans with their colours, below the plot.
    fn legend(&mut self, plans: &[Decisions], note: impl Fn(usize) -> String) {
        let mut y = TOP + HEIGHT + 60.0;
        for (no, plan) in plans.iter().enumerate() {
            self.box_of([LEFT, y - 11.0, 14.0, 14.0], color(no));
            self.text(LEFT + 22.0, y, "start", &format!("{}: {}", plan_name(no), note(no)));
            for table in &plan.tables {
                y += LINE;
                self.text(LEFT + 40.0, y, "start", &table.to_string());
            }
            y += LINE;
        }
    }

    fn finish(mut self) -> String {
        self.out.push_str("</svg>\n");
        self.out
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

pub(super) fn sweep(found: &Sweep) -> String {
    let mut picture = Picture::new(&found.plans);
    let costs = || found.samples.iter().map(|sample| sample.cost.max(1e-9));
    let (least, most) = (costs().fold(f64::INFINITY, f64::min), costs().fold(1e-9, f64::max));
    let by_ratio = most / least > 100.0;
    let x = |value: f64| LEFT + found.axis.share(value).clamp(0.0, 1.0) * WIDTH;
    let y = |cost: f64| {
        let share = if by_ratio {
            (cost.max(1e-9) / least).ln() / (most / least).ln()
        } else {
            (cost - least) / (most - least).max(1e-12)
        };
        TOP + (1.0 - share.clamp(0.0, 1.0)) * HEIGHT
    };
    for pair in found.samples.windows(2) {
        let _ = writeln!(
            picture.out,
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{}\" stroke-width=\"3\" stroke-linecap=\"round\"/>",
            x(pair[0].value),
            y(pair[0].cost),
            x(pair[1].value),
            y(pair[1].cost),
            color(pair[0].plan)
        );
    }
    for flip in &found.flips {
        let at = x(flip.above);
        let _ = writeln!(
            picture.out,
            "<line x1=\"{at:.1}\" y1=\"{TOP}\" x2=\"{at:.1}\" y2=\"{:.1}\" stroke=\"#888888\" stroke-dasharray=\"4 3\"/>",
            TOP + HEIGHT
        );
    }
    let name = if by_ratio { "cost (logarithmic)" } else { "cost" };
    picture.frame(&found.axis, [format!("{least:.2}"), format!("{most:.2}")], name);
    let range = |plan: usize| {
        let starts = found.flips.iter().filter(|flip| flip.to == plan).map(|flip| found.axis.print(flip.above));
        let starts: Vec<String> = starts.collect();
        if starts.is_empty() { "from the lower end".to_owned() } else { format!("from {}", starts.join(", ")) }
    };
    picture.legend(&found.plans, range);
    picture.finish()
}

pub(super) fn diagram(found: &Diagram) -> String {
    let mut picture = Picture::new(&found.plans);
    let (width, height) = (WIDTH / found.columns as f64, HEIGHT / found.rows as f64);
    for (row, cells) in found.cells.chunks(found.columns).enumerate() {
        let y = TOP + HEIGHT - (row + 1) as f64 * height;
        // Neighbours with the same plan are one box.
        let mut start = 0;
        for end in 1..=cells.len() {
            if end == cells.len() || cells[end].plan != cells[start].plan {
                picture.box_of(
                    [LEFT + start as f64 * width, y, (end - start) as f64 * width, height + 0.3],
                    color(cells[start].plan),
                );
                start = end;
            }
        }
    }
    picture.frame(&found.x, [found.y.print(found.y.from), found.y.print(found.y.to)], &found.y.to_string());
    let shares = found.shares();
    picture.legend(&found.plans, |plan| format!("{:.1} % of the points", shares[plan] * 100.0));
    picture.finish()
}
