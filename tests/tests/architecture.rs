//! Which way the arrows of the house point: between crates downwards, and between the modules of a crate in no circle.
//!
//! An arrow is a path in a file that begins with `crate`, `super` or `self` and names a module; tests at the end of a file do not count.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each crate, and those of ours that it may use.
const CRATES: [(&str, &[&str]); 8] = [
    ("files", &[]),
    ("analysis", &[]),
    ("recorder", &["files"]),
    ("model", &["files"]),
    ("plot", &["files"]),
    ("run", &["files", "analysis", "recorder", "model", "plot"]),
    ("study", &["files", "analysis", "recorder", "model", "plot", "run"]),
    ("varflat", &["files", "analysis", "recorder", "model", "plot", "run", "study"]),
];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates")
}

/// The modules of a crate and the text of each, without its comments and tests.
fn modules(sources: &Path, prefix: &[String], found: &mut BTreeMap<Vec<String>, String>) {
    for entry in fs::read_dir(sources).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            modules(&path, &[prefix, &[stem]].concat(), found);
        } else if path.extension().is_some_and(|kind| kind == "rs")
            && !["lib", "main"].contains(&stem.as_str())
        {
            let text = fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
            let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
            let name = if stem == "mod" { prefix.to_vec() } else { [prefix, &[stem]].concat() };
            found.insert(name, code.collect::<Vec<_>>().join("\n"));
        }
    }
}

/// Every path in `a::{b, c::{d, e}}`, word by word.
fn spread(path: &str) -> Vec<Vec<String>> {
    let words = |text: &str| -> Vec<String> {
        text.split("::").map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
    };
    let Some((before, group)) = path.split_once('{') else {
        return vec![words(path.split(" as ").next().unwrap_or_default())];
    };
    let group = group.trim_end().strip_suffix('}').unwrap_or(group);
    let (mut parts, mut depth, mut part) = (Vec::new(), 0, String::new());
    for letter in group.chars().chain([',']) {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        if letter == ',' && depth == 0 {
            parts.push(std::mem::take(&mut part));
        } else {
            part.push(letter);
        }
    }
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts.flat_map(|part| spread(part)).map(|part| [words(before), part].concat()).collect()
}

/// Every path of a text that begins with one of the words.
fn paths(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let begins = ["crate::", "super::", "self::"].into_iter().flat_map(|word| text.match_indices(word));
    for (start, _) in begins {
        let is_first =
            !text[..start].ends_with(|letter: char| letter.is_alphanumeric() || "_:".contains(letter));
        if !is_first {
            continue;
        }
        let rest = &text[start..];
        let is_use = text[..start].trim_end().ends_with("use");
        let end = match is_use {
            true => rest.find(';'),
            false => rest.find(|letter: char| !(letter.is_alphanumeric() || "_:".contains(letter))),
        };
        found.extend(spread(&rest[..end.unwrap_or(rest.len())]));
    }
    found
}

type Arrows = BTreeMap<String, BTreeSet<String>>;

fn arrows(krate: &str) -> Arrows {
    let mut modules_of = BTreeMap::new();
    modules(&crates().join(krate).join("src"), &[], &mut modules_of);
    let target = |path: &[String]| -> Option<Vec<String>> {
        let known = (1..=path.len()).rev().find(|length| modules_of.contains_key(&path[..*length]))?;
        Some(path[..known].to_vec())
    };
    let mut arrows = Arrows::new();
    for (module, text) in &modules_of {
        for mut path in paths(text) {
            let mut place = if path[0] == "crate" { Vec::new() } else { module.clone() };
            while path.first().is_some_and(|word| ["super", "crate", "self"].contains(&word.as_str())) {
                if path.remove(0) == "super" {
                    place.pop();
                }
            }
            place.extend(path);
            if let Some(target) = target(&place).filter(|target| target != module) {
                arrows.entry(module.join("::")).or_default().insert(target.join("::"));
            }
        }
    }
    arrows
}

/// What can be reached along arrows.
fn reached<'a>(arrows: &'a Arrows, from: &'a str) -> BTreeSet<&'a str> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(module) = open.pop() {
        for next in arrows.get(module).into_iter().flatten() {
            if seen.insert(next.as_str()) {
                open.push(next);
            }
        }
    }
    seen
}

#[test]
fn no_module_lies_in_a_circle() {
    for (krate, _) in CRATES {
        let arrows = arrows(krate);
        assert!(krate == "files" || !arrows.is_empty(), "{krate}: no arrow was found");
        let circles: Vec<&str> = arrows
            .keys()
            .map(String::as_str)
            .filter(|module| reached(&arrows, module).contains(module))
            .collect();
        assert!(circles.is_empty(), "{krate}: in a circle of imports: {}", circles.join(", "));
    }
}

/// What a report may take from the analysis: numbers that a table holds, and names of components.
const DATA: [&str; 11] = [
    "Basis",
    "Estimate",
    "FlatnessStatus",
    "LEADING",
    "Method",
    "MiniBatchScatter",
    "NullVerdict",
    "Phases",
    "Scaling",
    "Spread",
    "Trust",
];

/// What reads one of these numbers, as it stands in a path.
const READS: [&str; 2] = ["Estimate::low", "Estimate::high"];

/// Modules of a study that tell what it found.
const TELLING: [&str; 5] = ["captions", "claims", "controls", "findings", "leading"];

/// Whether a module tells what was found, and so may find nothing itself.
fn tells(module: &[String]) -> bool {
    // A study may have the name of what tells.
    let own = if module[0] == "studies" { 2 } else { 0 };
    module[0] == "report" || module.iter().skip(own).any(|name| TELLING.contains(&name.as_str()))
}

/// What a text takes from the analysis and computes with.
fn computed(text: &str) -> Vec<String> {
    const ANALYSIS: &str = "varflat_analysis::";
    let names = text.match_indices(ANALYSIS).flat_map(|(start, _)| {
        let rest = &text[start..];
        let is_use = text[..start].trim_end().ends_with("use");
        let end = match is_use {
            true => rest.find(';'),
            false => rest.find(|letter: char| !(letter.is_alphanumeric() || "_:".contains(letter))),
        };
        spread(&rest[..end.unwrap_or(rest.len())])
    });
    let mut found: Vec<String> =
        names.map(|path| path[1..].join("::")).filter(|name| !DATA.contains(&name.as_str())).collect();
    // Functions of the types, which are in lower case where variants and constants are not.
    for data in DATA {
        for (start, _) in text.match_indices(&format!("{data}::")) {
            let rest = &text[start + data.len() + 2..];
            let name: String =
                rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
            let whole = format!("{data}::{name}");
            let is_function = name.starts_with(|letter: char| letter.is_lowercase());
            if is_function && !READS.contains(&whole.as_str()) {
                found.push(whole);
            }
        }
    }
    found
}

/// A number of the report stands in a table: it is computed by a study or a stage, and verified there.
#[test]
fn no_report_computes_what_it_tells() {
    let mut modules_of = BTreeMap::new();
    modules(&crates().join("study/src"), &[], &mut modules_of);
    let telling: Vec<_> = modules_of.iter().filter(|(module, _)| tells(module)).collect();
    assert!(telling.len() > 10, "the report was not found");
    for (module, text) in telling {
        let computed = computed(text);
        assert!(computed.is_empty(), "{} computes with {}", module.join("::"), computed.join(", "));
    }
}

#[test]
fn computing_is_told_from_reading() {
    let text = "use varflat_analysis::{Estimate, scaling, spectrum::{self, decay}};\n\
                fn f() { varflat_analysis::median(x); Estimate::of_mean(x); Estimate::low(x); FlatnessStatus::Found }";
    assert_eq!(
        computed(text),
        ["scaling", "spectrum::self", "spectrum::decay", "median", "Estimate::of_mean"]
    );
    let reading =
        "use varflat_analysis::{Phases, Trust};\nfn f(law: varflat_analysis::Scaling) { law.estimate() }";
    assert_eq!(computed(reading), Vec::<String>::new());
}

#[test]
fn crates_use_what_lies_below_them() {
    for (krate, allowed) in CRATES {
        let manifest = fs::read_to_string(crates().join(krate).join("Cargo.toml")).unwrap();
        let manifest: toml::Table = manifest.parse().unwrap();
        let used = manifest["dependencies"].as_table().unwrap().keys();
        for ours in used.filter_map(|name| name.strip_prefix("varflat-")) {
            assert!(allowed.contains(&ours), "{krate} uses {ours}");
        }
    }
}

#[test]
fn paths_are_found_in_groups_and_in_code() {
    let text = "use crate::error::{Error, Result};\nuse super::{a::{B, c}, d as e};\nfn f() -> crate::g::H { supercrate::i() }";
    let found: Vec<String> = paths(text).into_iter().map(|path| path.join("::")).collect();
    assert_eq!(
        found,
        [
            "crate::error::Error",
            "crate::error::Result",
            "crate::g::H",
            "super::a::B",
            "super::a::c",
            "super::d"
        ]
    );
}
