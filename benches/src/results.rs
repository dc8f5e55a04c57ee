//! What is left when the benchmark is over: RESULTS.md, the tables behind it, and the figure.

mod page;
mod tables;

use std::path::Path;

use anyhow::{Context, Result};

use crate::bench::Bench;
use crate::growth::{self, Curve};
use crate::machine::Machine;
use crate::row::Row;

/// Everything that was measured.
pub(crate) struct Results {
    pub(crate) machine: Machine,
    pub(crate) rows: Vec<Row>,
    pub(crate) curves: Vec<Curve>,
}

impl Results {
    /// Write everything into a folder, which is made if need be.
    pub(crate) fn write(&self, bench: &Bench, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let heard = bench.heard.borrow();
        if !heard.timings.is_empty() {
            tables::write(&folder.join("results.csv"), &heard.timings)?;
        }
        if !self.curves.is_empty() {
            tables::write(&folder.join("growth.csv"), &tables::points(&self.curves))?;
            tables::write(&folder.join("growth_exponents.csv"), &tables::exponents(&self.curves))?;
            let figure = growth::figure(&self.curves)?;
            write(&folder.join("growth.svg"), figure.svg().as_bytes())?;
            write(&folder.join("growth.png"), &figure.png(2.0)?)?;
        }
        let page = page::page(self, bench, &heard);
        write(&folder.join("RESULTS.md"), page.as_bytes())
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
