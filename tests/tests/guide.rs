//! The README stays a page, and every link of the README and the guide leads somewhere.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The pages of the guide, in folders below, too.
fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            pages(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "md") {
            found.push(path);
        }
    }
    found.sort();
}

fn guide() -> Vec<PathBuf> {
    let mut found = Vec::new();
    pages(&root().join("docs/src"), &mut found);
    found
}

/// Lines that are no code, and with `code` cut out of them.
fn prose(text: &str) -> String {
    let mut fenced = false;
    let lines = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    });
    lines.map(|line| line.split('`').step_by(2).collect::<String>() + "\n").collect()
}

/// Targets of `[…](…)`, `href="…"` and `src="…"`.
fn links(text: &str) -> Vec<String> {
    let ends = [("](", ')'), ("href=\"", '"'), ("src=\"", '"')];
    let of = |(begin, end): (&str, char)| -> Vec<String> {
        let rests = text.split(begin).skip(1);
        rests.filter_map(|rest| rest.split_once(end)).map(|(target, _)| target.to_owned()).collect()
    };
    ends.into_iter().flat_map(of).collect()
}

/// What GitHub and mdBook call a heading: small letters, spaces as hyphens, no punctuation.
fn anchors(text: &str) -> Vec<String> {
    let mut seen = BTreeMap::new();
    let mut fenced = false;
    let headings = text.lines().filter(|line| {
        fenced ^= line.starts_with("```");
        !fenced && line.starts_with('#')
    });
    let names = headings.map(|line| {
        let letters = line.trim_start_matches('#').trim().to_lowercase();
        let kept = letters.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
        kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect::<String>()
    });
    names
        .map(|name| {
            let before: &mut usize = seen.entry(name.clone()).or_default();
            *before += 1;
            if *before == 1 { name } else { format!("{name}-{}", *before - 1) }
        })
        .collect()
}

#[test]
fn the_readme_is_a_page() {
    let readme = read(&root().join("README.md"));
    let (lines, bytes) = (readme.lines().count(), readme.len());
    assert!(lines <= 150 && bytes <= 10_000, "README.md has {lines} lines and {bytes} bytes");
}

#[test]
fn every_link_leads_somewhere() {
    let mut broken = Vec::new();
    let mut count = 0;
    for page in ["README.md", "CONTRIBUTING.md"].map(|name| root().join(name)).into_iter().chain(guide()) {
        let text = read(&page);
        for link in links(&prose(&text)).into_iter().filter(|link| !link.contains("://")) {
            count += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() { page.clone() } else { page.with_file_name(file) };
            let leads =
                target.exists() && (anchor.is_empty() || anchors(&read(&target)).contains(&anchor.into()));
            if !leads {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(count > 200, "only {count} links were found");
}

#[test]
fn every_page_is_in_the_summary() {
    let summary = root().join("docs/src/SUMMARY.md");
    let listed = links(&read(&summary));
    for page in guide().into_iter().filter(|page| *page != summary) {
        let name = page.strip_prefix(root().join("docs/src")).unwrap().to_str().unwrap().to_owned();
        assert!(listed.contains(&name), "docs/src/{name} is not in SUMMARY.md");
    }
}

#[test]
fn the_keys_of_every_study_are_in_the_guide() {
    let page = read(&root().join("docs/src/studies.md"));
    let (keys, _) = page.split_once("## The studies").unwrap();
    for name in varflat::registry::study_names() {
        assert!(keys.contains(&format!("`{name}`")), "docs/src/studies.md: the keys of {name} are missing");
    }
}

#[test]
fn anchors_are_those_of_a_browser() {
    let text = "# The exponent ψ\n```\n# no heading\n```\n## Constraints (LDC)\n## Constraints (LDC)";
    assert_eq!(anchors(text), ["the-exponent-ψ", "constraints-ldc", "constraints-ldc-1"]);
    let page = "[a](b.md#c) `[no](x)` <img src=\"d.svg\">\n```\n[no](y)\n```";
    assert_eq!(links(&prose(page)), ["b.md#c", "d.svg"]);
}
