//! Where the panes stand. The smallest size that everything fits in is 80 columns by 24 rows.

use super::State;
use ratatui::layout::Rect;

/// The panes, as they are numbered for the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Pane {
    Queries,
    Sql,
    Plan,
    Detail,
    Why,
    WhatIf,
    Compare,
}

impl Pane {
    /// All of them in order.
    pub const ALL: [Pane; 7] = [Pane::Queries, Pane::Sql, Pane::Plan, Pane::Detail, Pane::Why, Pane::WhatIf, Pane::Compare];

    /// Its place in [`Pane::ALL`].
    pub fn number(self) -> usize {
        Pane::ALL.iter().position(|pane| *pane == self).unwrap_or(0)
    }

    /// What its frame says.
    pub fn title(self) -> &'static str {
        match self {
            Pane::Queries => "Queries",
            Pane::Sql => "SQL",
            Pane::Plan => "Plan",
            Pane::Detail => "Detail",
            Pane::Why => "Why",
            Pane::WhatIf => "What if",
            Pane::Compare => "Compare",
        }
    }

    /// True if it is one of those that share the place below the plan.
    pub fn is_lower(self, size: (u16, u16)) -> bool {
        lower_panes(size).contains(&self)
    }
}

/// Columns from which on statements and SQL have a column of their own.
const WIDE: u16 = 120;
/// Smallest size.
pub const SMALLEST: (u16, u16) = (80, 24);

/// The panes that share the place below the plan.
pub fn lower_panes(size: (u16, u16)) -> &'static [Pane] {
    if size.0 >= WIDE {
        &[Pane::Detail, Pane::Why, Pane::WhatIf, Pane::Compare]
    } else {
        &[Pane::Queries, Pane::Sql, Pane::Detail, Pane::Why, Pane::WhatIf, Pane::Compare]
    }
}

/// Rectangles of what is visible.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Areas {
    /// The line at the top.
    pub head: Rect,
    /// The line at the bottom.
    pub foot: Rect,
    /// The panes with their frames.
    pub panes: Vec<(Pane, Rect)>,
}

impl Areas {
    /// The rectangle of a pane, frame included.
    pub fn of(&self, pane: Pane) -> Option<Rect> {
        self.panes.iter().find(|(own, _)| *own == pane).map(|(_, area)| *area)
    }
    /// The inside of a pane's frame.
    pub fn inside(&self, pane: Pane) -> Rect {
        let Some(area) = self.of(pane) else { return Rect::default() };
        Rect { x: area.x + 1, y: area.y + 1, width: area.width.saturating_sub(2), height: area.height.saturating_sub(2) }
    }
    /// The pane under a cell.
    pub fn at(&self, column: u16, row: u16) -> Option<(Pane, Rect)> {
        let holds =
            |area: &Rect| (area.x..area.x + area.width).contains(&column) && (area.y..area.y + area.height).contains(&row);
        self.panes.iter().find(|(_, area)| holds(area)).copied()
    }
}

/// Works out the rectangles.
pub fn areas(state: &State) -> Areas {
    let (width, height) = state.size;
    let row = |y: u16| Rect { x: 0, y, width, height: 1 };
    let body = Rect { x: 0, y: 1, width, height: height.saturating_sub(2) };
    let mut areas = Areas { head: row(0), foot: row(height.saturating_sub(1)), panes: Vec::new() };
    if state.zoomed {
        areas.panes.push((state.focus, body));
        return areas;
    }
    let right = if width >= WIDE {
        let column = (width / 3).min(56);
        let list_height = (body.height / 3).max(6).min(body.height);
        areas.panes.push((Pane::Queries, Rect { width: column, height: list_height, ..body }));
        areas.panes.push((Pane::Sql, Rect { y: body.y + list_height, width: column, height: body.height - list_height, ..body }));
        Rect { x: column, width: width - column, ..body }
    } else {
        body
    };
    let plan_height = right.height / 2;
    areas.panes.push((Pane::Plan, Rect { height: plan_height, ..right }));
    let lower = if state.lower.is_lower(state.size) { state.lower } else { Pane::Detail };
    areas.panes.push((lower, Rect { y: right.y + plan_height, height: right.height - plan_height, ..right }));
    areas
}
