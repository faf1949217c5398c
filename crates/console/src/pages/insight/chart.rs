//! Charts as shapes: where each stands, in the units of an SVG. The template only writes them down.

use vidimus_api_types::{Insight, InsightColumn};

use crate::words::When;

/// What a chart is drawn in.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 200.0;
/// Where names and numbers of the axis stand.
const LEFT: f64 = 48.0;
const BOTTOM: f64 = 24.0;

/// A rectangle: place, size, class of its colour, what it says on hover.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shape {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) class: &'static str,
    pub(super) title: String,
}

/// The parts of a column, bottom first: name, class, count.
fn parts(column: &InsightColumn) -> [(&'static str, &'static str, u64); 7] {
    [
        ("allowed", "a", column.allowed),
        ("confirmed", "g", column.confirmed),
        ("handed in afterwards", "e", column.recorded),
        ("no action", "h", column.no_action),
        ("pending", "b", column.pending_approval),
        ("rejected", "f", column.rejected),
        ("blocked", "c", column.blocked),
    ]
}

/// Calls over time, as stacked columns.
pub(super) struct Stack {
    pub(super) shapes: Vec<Shape>,
    /// The highest column.
    pub(super) most: u64,
    pub(super) first: Option<When>,
    pub(super) last: Option<When>,
    /// The names that occur, with their classes and totals.
    pub(super) legend: Vec<(&'static str, &'static str, u64)>,
    /// The same as a table: when, and how many of each name of the legend.
    pub(super) rows: Vec<(When, Vec<u64>)>,
}

impl Stack {
    pub(super) fn of(insight: &Insight) -> Self {
        let columns = &insight.columns;
        let total = |column: &InsightColumn| parts(column).iter().map(|(_, _, count)| count).sum::<u64>();
        let most = columns.iter().map(total).max().unwrap_or_default().max(1);
        let width = i64::try_from(insight.width_seconds).unwrap_or(i64::MAX).max(1).saturating_mul(1_000_000);
        let index = |column: &InsightColumn| column.from.as_micros().div_euclid(width);
        let first = columns.first().map(index).unwrap_or_default();
        let count = columns.last().map_or(1, |last| index(last) - first + 1).max(1);
        // Counts of columns and calls are far below what a double holds exactly.
        let step = (WIDTH - LEFT) / count as f64;
        let mut shapes = Vec::new();
        for column in columns {
            let x = LEFT + (index(column) - first) as f64 * step;
            let mut y = HEIGHT - BOTTOM;
            for (name, class, calls) in parts(column).into_iter().filter(|(_, _, calls)| *calls > 0) {
                let height = calls as f64 / most as f64 * (HEIGHT - BOTTOM - 10.0);
                y -= height;
                let title = format!("{}: {calls} {name}", When::from(column.from).shown);
                shapes.push(Shape { x, y, width: (step * 0.9).max(1.0), height, class, title });
            }
        }
        let totals = |at: usize| columns.iter().map(|column| parts(column)[at].2).sum::<u64>();
        let known = columns.first().map(parts).unwrap_or_default();
        let legend: Vec<_> =
            known.iter().enumerate().map(|(at, (name, class, _))| (*name, *class, totals(at))).collect();
        let shown: Vec<_> = (0..legend.len()).filter(|at| legend[*at].2 > 0).collect();
        let row = |column: &InsightColumn| {
            (When::from(column.from), shown.iter().map(|at| parts(column)[*at].2).collect())
        };
        Self {
            shapes,
            most,
            first: columns.first().map(|column| column.from.into()),
            last: columns.last().map(|column| column.from.into()),
            rows: columns.iter().map(row).collect(),
            legend: shown.iter().map(|at| legend[*at]).collect(),
        }
    }
}

/// Lines with a bar each, in up to three colours.
pub(super) struct Bars {
    pub(super) height: f64,
    pub(super) lines: Vec<(f64, String)>,
    pub(super) shapes: Vec<Shape>,
}

/// How high a line is, and where its bar begins.
const LINE: f64 = 26.0;
const NAMES: f64 = 240.0;
/// The longest name that is drawn; the table has the whole.
const MOST_NAME: usize = 32;

impl Bars {
    pub(super) fn of<'a>(lines: impl Iterator<Item = (&'a str, [u64; 3])>) -> Self {
        let lines: Vec<_> = lines.collect();
        let most = lines.iter().map(|(_, parts)| parts.iter().sum::<u64>()).max().unwrap_or_default().max(1);
        let mut bars =
            Self { height: LINE * lines.len() as f64 + 4.0, lines: Vec::new(), shapes: Vec::new() };
        for (index, (name, parts)) in lines.into_iter().enumerate() {
            let y = LINE * index as f64;
            let mut x = NAMES;
            for (part, (class, said)) in
                parts.into_iter().zip([("a", "approved"), ("c", "denied or blocked"), ("e", "expired")])
            {
                if part > 0 {
                    let width = part as f64 / most as f64 * (WIDTH - NAMES);
                    let title = format!("{name}: {part} {said}");
                    bars.shapes.push(Shape { x, y: y + 4.0, width, height: LINE - 8.0, class, title });
                    x += width;
                }
            }
            let mut shown: String = name.chars().take(MOST_NAME).collect();
            if shown.len() < name.len() {
                shown.push('…');
            }
            bars.lines.push((y + LINE * 0.65, shown));
        }
        bars
    }
}

#[cfg(test)]
mod tests {
    use vidimus_api_types::{GlobalPosition, Timestamp};

    use super::*;

    fn column(minute: i64, allowed: u64, blocked: u64) -> InsightColumn {
        InsightColumn {
            from: Timestamp::from_micros(minute * 60_000_000),
            allowed,
            confirmed: 0,
            pending_approval: 0,
            blocked,
            rejected: 0,
            no_action: 0,
            recorded: 0,
        }
    }

    fn insight(columns: Vec<InsightColumn>) -> Insight {
        let at = Timestamp::from_micros(0);
        Insight {
            from: at,
            to: at,
            position: GlobalPosition::START,
            executions: 0,
            whole_from: None,
            width_seconds: 60,
            columns,
            reviewers: Vec::new(),
            rules: Vec::new(),
            blocked: Vec::new(),
        }
    }

    #[test]
    fn columns_stand_where_their_time_is_and_are_as_high_as_their_calls() {
        let stack = Stack::of(&insight(vec![column(10, 3, 1), column(13, 2, 0)]));
        assert_eq!((stack.most, stack.shapes.len()), (4, 3));
        let step = (WIDTH - LEFT) / 4.0;
        let at: Vec<_> = stack.shapes.iter().map(|shape| ((shape.x - LEFT) / step, shape.class)).collect();
        assert_eq!(at, [(0.0, "a"), (0.0, "c"), (3.0, "a")]);
        let heights: f64 = stack.shapes[..2].iter().map(|shape| shape.height).sum();
        assert!((heights - (HEIGHT - BOTTOM - 10.0)).abs() < 1e-9);
        assert!((stack.shapes[0].height - 3.0 * stack.shapes[1].height).abs() < 1e-9);
        assert_eq!(stack.legend, [("allowed", "a", 5), ("blocked", "c", 1)]);
        assert_eq!(stack.rows.iter().map(|(_, counts)| counts.clone()).collect::<Vec<_>>(), [[3, 1], [2, 0]]);
    }

    #[test]
    fn nothing_is_drawn_as_nothing() {
        let stack = Stack::of(&insight(Vec::new()));
        assert!(stack.shapes.is_empty() && stack.legend.is_empty() && stack.first.is_none());
        assert!(Bars::of(std::iter::empty()).shapes.is_empty());
    }

    #[test]
    fn bars_share_a_scale_and_long_names_are_cut() {
        let long = "x".repeat(50);
        let bars = Bars::of([("ana", [4, 0, 0]), (long.as_str(), [1, 1, 0])].into_iter());
        let widths: Vec<_> = bars.shapes.iter().map(|shape| shape.width / (WIDTH - NAMES)).collect();
        assert_eq!(widths, [1.0, 0.25, 0.25]);
        assert_eq!(bars.lines[1].1.chars().count(), MOST_NAME + 1);
    }
}
