//! The virtual environment that the peers run in.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::arguments::Arguments;
use crate::places::root;

/// A Python with the libraries of the peers.
#[derive(Clone, Debug)]
pub(crate) struct Environment {
    python: PathBuf,
}

impl Environment {
    /// The environment that was given, or ours in `target/benches-venv`, made if it is not there.
    pub(crate) fn prepare(arguments: &Arguments) -> Result<Self> {
        if let Some(folder) = &arguments.venv {
            return Self::existing(folder);
        }
        let folder = root().join("target").join("benches-venv");
        if !interpreter(&folder).exists() {
            make(&arguments.python, &folder)?;
        }
        let environment = Self { python: interpreter(&folder) };
        let torch = arguments.with_torch.then_some("requirements-torch.txt");
        for requirements in ["requirements.txt"].into_iter().chain(torch) {
            environment.install(&folder, requirements)?;
        }
        Ok(environment)
    }

    fn existing(folder: &Path) -> Result<Self> {
        let python = std::path::absolute(interpreter(folder))?;
        if !python.exists() {
            bail!("{} is no virtual environment: there is no {}", folder.display(), python.display());
        }
        Ok(Self { python })
    }

    pub(crate) fn python(&self) -> &Path {
        &self.python
    }

    /// Install what a file of requirements asks for, unless it was installed before.
    fn install(&self, folder: &Path, requirements: &str) -> Result<()> {
        let file = root().join("benches").join("peers").join(requirements);
        let wanted =
            std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let noted = folder.join(format!("installed-{requirements}"));
        if std::fs::read_to_string(&noted).is_ok_and(|installed| installed == wanted) {
            return Ok(());
        }
        eprintln!("installing {} into {}", file.display(), folder.display());
        let status = Command::new(&self.python)
            .args(["-m", "pip", "install", "--disable-pip-version-check", "--quiet", "-r"])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .with_context(|| format!("cannot start {}", self.python.display()))?;
        if !status.success() {
            bail!(
                "pip could not install {} (its words are above). Without a network, give --venv FOLDER with these packages, or \
                 leave the peers out with --rows recording,grid,growth",
                file.display()
            );
        }
        std::fs::write(&noted, wanted).with_context(|| format!("cannot write {}", noted.display()))
    }
}

fn interpreter(folder: &Path) -> PathBuf {
    folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}

fn make(python: &str, folder: &Path) -> Result<()> {
    eprintln!("making a virtual environment in {}", folder.display());
    let status = Command::new(python)
        .args(["-m", "venv"])
        .arg(folder)
        .stdin(Stdio::null())
        .status()
        .with_context(|| {
            format!("cannot start `{python}`: install Python 3.11 or newer, or name it with --python PROGRAM")
        })?;
    if status.success() {
        return Ok(());
    }
    // Half of an environment must not pass for one the next time.
    let _ = std::fs::remove_dir_all(folder);
    bail!(
        "`{python} -m venv` failed (its words are above): on Debian install python3-venv, or give --venv FOLDER with an \
         environment that holds benches/peers/requirements.txt"
    )
}
