//! What things look like where they end a cell of an evcxr notebook.

use varflat_analysis::{PowerLaw, TrajectoryPca, spectrum};
use varflat_plot::{bend_decimals, by_range};
use varflat_run::RunFolder;
use varflat_study::inspect;
use varflat_study::words::pair;

use crate::Relation;

/// Rows of a table that are shown; the rest is counted.
const ROWS: usize = 12;

/// Shows a value inline. evcxr calls it for the value that ends a cell, when the trait is in scope: the prelude has it.
///
/// ([`Figure`](varflat_plot::Figure) has the method of its own.)
pub trait Show {
    /// The value as HTML.
    fn html(&self) -> String;

    /// Prints the HTML in the form that evcxr takes.
    #[allow(clippy::print_stdout)] // that is how evcxr takes it
    fn evcxr_display(&self) {
        println!("EVCXR_BEGIN_CONTENT text/html\n{}\nEVCXR_END_CONTENT", self.html());
    }
}

impl Show for RunFolder {
    fn html(&self) -> String {
        match inspect::inspect(self) {
            Ok(text) => preformatted(&text),
            Err(error) => preformatted(&format!("{}: {error}", self.path().display())),
        }
    }
}

impl Show for PowerLaw {
    fn html(&self) -> String {
        let PowerLaw { psi, first, last, n, r, theil_sen, censored, under_floor, .. } = self;
        let bend = pair(self.bend());
        let decimals = bend.map_or(1, bend_decimals);
        let bent = bend.map_or_else(String::new, |bend| format!("; {}", by_range(bend)));
        let few =
            if self.is_mostly_censored() { "; <b>most have no flatness: not to be trusted</b>" } else { "" };
        format!(
            "<b>ψ = {psi:.decimals$}</b> (σ² ∝ F<sup>−ψ</sup>; components {first}–{last}{bent}) over {n} of these, \
             r = {r:.3}; Theil–Sen {theil_sen:.2}; left out: {censored} without a flatness, {under_floor} under the floor{few}. \
             An interval needs the window: <code>Relation::estimate</code>"
        )
    }
}

impl Show for Relation {
    fn html(&self) -> String {
        let rows = self.components().iter().map(|component| {
            let flatness = component.flatness.map_or("–".to_owned(), |flatness| format!("{flatness:.4}"));
            let doubt = if component.trusted { "" } else { "under the floor" };
            [component.index.to_string(), format!("{:.4e}", component.variance), flatness, doubt.to_owned()]
        });
        table(["i", "σ²", "F", ""], rows)
    }
}

impl Show for TrajectoryPca {
    fn html(&self) -> String {
        let shares = spectrum::cumulative(self.variance(), self.total_variance());
        let rows = self.variance().iter().zip(shares).enumerate().map(|(place, (variance, share))| {
            [(place + 1).to_string(), format!("{variance:.4e}"), format!("{share:.4}")]
        });
        let repeats = match self.repeats() {
            0 | 1 => String::new(),
            times => format!("every row of the window is there {times} times, one after the other"),
        };
        repeats + &table(["i", "σ²", "share of the variance up to here"], rows)
    }
}

#[cfg(feature = "train")]
impl<C: burn::module::Module> Show for varflat_run::record::Recording<C> {
    fn html(&self) -> String {
        let first = self.metrics.len().saturating_sub(5);
        let rows = self.metrics[first..].iter().map(|row| {
            let (loss, error) = (format!("{:.3e}", row.train_loss), format!("{:.4}", row.train_error));
            [row.epoch.to_string(), row.step.to_string(), loss, error, format!("{:.4}", row.test_error)]
        });
        format!(
            "recorded: {} steps of {} weights at <code>{}</code>{}",
            self.window.nrows(),
            self.window.ncols(),
            escaped(&self.path),
            table(["epoch", "step", "training loss", "training error", "test error"], rows)
        )
    }
}

fn table<const N: usize>(head: [&str; N], rows: impl ExactSizeIterator<Item = [String; N]>) -> String {
    let line = |tag: &str, cells: &[String]| -> String {
        let cells: String = cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", escaped(cell))).collect();
        format!("<tr>{cells}</tr>")
    };
    let more = match rows.len().saturating_sub(ROWS) {
        0 => String::new(),
        more => format!("<p>… and {more} more</p>"),
    };
    let head = line("th", &head.map(str::to_owned));
    let body: String = rows.take(ROWS).map(|row| line("td", &row)).collect();
    format!("<table><thead>{head}</thead><tbody>{body}</tbody></table>{more}")
}

fn preformatted(text: &str) -> String {
    format!("<pre>{}</pre>", escaped(text))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use varflat_analysis::Component;

    #[test]
    fn a_long_table_says_how_much_is_left_out() {
        let component = |index| Component { index, variance: 1e-6, flatness: None, trusted: index < 3 };
        let html = Relation::new((1..=40).map(component).collect()).html();
        assert_eq!(html.matches("<tr>").count(), ROWS + 1);
        assert!(html.contains("and 28 more") && html.contains("under the floor"), "{html}");
    }

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(preformatted("a < b & c"), "<pre>a &lt; b &amp; c</pre>");
    }
}
