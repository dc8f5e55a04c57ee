//! Two tasks, then a sequence of them.

use varflat_run::error::Result;
use varflat_run::experiment::Checked;

use super::report::ForgettingReport;
use super::settings::ForgettingStudy;
use crate::studies::context::{Measure, StudyContext};

impl Measure for ForgettingStudy {
    type Report = ForgettingReport;
    const NEEDS_THE_RUN: bool = false;

    fn check(&self) -> Checked {
        self.check_tasks()?;
        self.check_training()?;
        self.check_methods()
    }

    #[cfg(not(feature = "train"))]
    fn measure(&self, work: &StudyContext<'_>) -> Result<ForgettingReport> {
        varflat_run::stages::check_device(work.context.device)?;
        Err(work.invalid("it trains networks, which needs a backend".to_owned()))
    }

    #[cfg(feature = "train")]
    fn measure(&self, work: &StudyContext<'_>) -> Result<ForgettingReport> {
        use varflat_files::write_csv;

        use super::settings::{RUNS, SEQUENCE, SEQUENCE_SUMMARY, SUMMARY, WEIGHT_RANKS, WEIGHTS};
        use super::{bench, report, rows, sequence, two_tasks};

        let bench = bench::Bench::new(self, work)?;
        let two_tasks = two_tasks::learn(&bench, work)?;
        let summary = rows::summarise(&two_tasks.rows);
        let sequence = sequence::learn(&bench, work, &summary)?;
        let sequence_summary = rows::summarise_sequence(&sequence);
        write_csv(&work.file(RUNS), &two_tasks.rows)?;
        write_csv(&work.file(SUMMARY), &summary)?;
        write_csv(&work.file(SEQUENCE), &sequence)?;
        write_csv(&work.file(WEIGHTS), &two_tasks.weights)?;
        write_csv(&work.file(WEIGHT_RANKS), &two_tasks.ranks)?;
        write_csv(&work.file(SEQUENCE_SUMMARY), &sequence_summary)?;
        report::report(self, &two_tasks, &summary, &sequence_summary)
            .ok_or_else(|| work.invalid("there are too few seeds for an interval".to_owned()))
    }
}
