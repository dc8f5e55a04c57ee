//! The report: its links, ids and numbers are those of the tables, it loads nothing, and it fits a phone and a desk.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node, ParsingOptions};
use sha2::{Digest, Sha256};
use varflat_tests::{Workplace, names, program, table};

/// The committed figures, tables and report.
fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../figures")
}

/// A copy of the committed files that `wanted` names.
fn copied(work: &Workplace, folder: &str, wanted: impl Fn(&str) -> bool) -> PathBuf {
    let to = work.path(folder);
    fs::create_dir_all(&to).unwrap();
    for name in names(&committed()) {
        if committed().join(&name).is_file() && wanted(&name) {
            fs::copy(committed().join(&name), to.join(&name)).unwrap();
        }
    }
    to
}

fn report(folder: &Path) -> String {
    program!().run(&["report", "--figures", folder.to_str().unwrap()]).succeeds();
    fs::read_to_string(folder.join("report.html")).unwrap()
}

/// The page is XML as well as HTML, which a strict parser can read.
fn parsed(html: &str) -> Document<'_> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(html, options)
        .unwrap_or_else(|error| panic!("the page is not well formed: {error}"))
}

fn text(node: Node<'_, '_>) -> String {
    node.descendants().filter_map(|node| node.is_text().then(|| node.text()).flatten()).collect()
}

/// Ids, links, figures and resources of a page.
fn check(folder: &Path, html: &str) {
    let document = parsed(html);
    let mut ids: BTreeMap<&str, usize> = BTreeMap::new();
    for node in document.descendants() {
        if let Some(id) = node.attribute("id") {
            *ids.entry(id).or_default() += 1;
        }
    }
    assert!(ids.values().all(|count| *count == 1), "ids that stand twice: {ids:?}");
    for node in document.descendants().filter(Node::is_element) {
        for attribute in node.attributes() {
            match attribute.name() {
                "href" => {
                    let target = attribute.value();
                    if let Some(id) = target.strip_prefix('#') {
                        assert!(ids.contains_key(id), "nothing has the id {id}");
                    } else if target.starts_with("https://doi.org/")
                        || target.starts_with("https://arxiv.org/")
                    {
                        assert_eq!(node.tag_name().name(), "a", "{target} would be loaded");
                    } else {
                        assert!(folder.join(target).is_file(), "there is no {target}");
                    }
                }
                "aria-labelledby" => assert!(ids.contains_key(attribute.value()), "{}", attribute.value()),
                "src" | "srcset" | "data" | "action" | "poster" => {
                    panic!("{} would be loaded", attribute.value())
                }
                _ => {}
            }
        }
        let tag = node.tag_name().name();
        assert!(!["link", "img", "iframe", "object", "embed"].contains(&tag), "{tag} would load something");
    }
    let style = document.descendants().find(|node| node.has_tag_name("style")).map(text).unwrap();
    assert!(
        !style.contains("@import")
            && style.matches("url(").count() == 1
            && style.contains("url(data:font/ttf;base64,")
    );
    // Headings go down one level at a time.
    let levels = document
        .descendants()
        .filter_map(|node| node.tag_name().name().strip_prefix('h')?.parse::<u8>().ok());
    levels.fold(0, |above, level| {
        assert!(level <= above + 1, "h{level} after h{above}");
        level
    });
    let markdown = fs::read_to_string(folder.join("report.md")).unwrap();
    for figure in names(folder).iter().filter_map(|name| name.strip_suffix(".svg")) {
        assert!(ids.contains_key(format!("figure-{figure}").as_str()), "{figure} is not on the page");
        assert!(markdown.contains(&format!("]({figure}.")), "{figure} is not in the Markdown");
    }
    for link in markdown.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
        assert!(
            link.starts_with("https://doi.org/") || folder.join(link).is_file(),
            "the Markdown links {link}"
        );
    }
    assert!(html.len() < 4_000_000, "the page has {} bytes", html.len());
}

/// What a claim says: the verdict, and its numbers by what they are.
fn claim(document: &Document<'_>, number: &str) -> (String, BTreeMap<String, f64>) {
    let id = format!("claim-{number}");
    let row = document.descendants().find(|node| node.attribute("id") == Some(&id)).unwrap();
    let verdict = row
        .descendants()
        .find(|node| node.attribute("class").is_some_and(|class| class.starts_with("verdict ")))
        .unwrap();
    let verdict = text(verdict.descendants().rfind(Node::is_text).unwrap()).trim().to_owned();
    let mut numbers = BTreeMap::new();
    for entry in row.descendants().filter(|node| node.has_tag_name("div")) {
        let part = |tag: &str| entry.descendants().find(|node| node.has_tag_name(tag)).unwrap();
        let value: f64 = part("data").attribute("value").unwrap().parse().unwrap();
        let shown = text(part("data")).replace('−', "-");
        let digits: String = shown
            .chars()
            .take_while(|character| !character.is_whitespace() && *character != '\u{202f}')
            .collect();
        let decimals = digits.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        assert_eq!(format!("{value:.decimals$}"), digits, "what is printed is not the number");
        numbers.insert(text(part("dt")), value);
    }
    (verdict, numbers)
}

/// A column of a committed table, and rows that have a number in it.
fn column(name: &str, key: &str) -> Vec<f64> {
    let (header, rows) = table(&committed().join(name));
    let place =
        header.iter().position(|column| column == key).unwrap_or_else(|| panic!("no {key} in {name}"));
    rows.iter().map(|row| row[place].parse().unwrap_or(f64::NAN)).collect()
}

fn json(name: &str) -> serde_json::Value {
    serde_json::from_str(&fs::read_to_string(committed().join(name)).unwrap()).unwrap()
}

/// Slope and correlation of ln y on ln x.
fn power_law(points: &[(f64, f64)]) -> (f64, f64) {
    let n = points.len() as f64;
    let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    let mean = |of: fn(&(f64, f64)) -> f64| logs.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let sum =
        |of: &dyn Fn(f64, f64) -> f64| logs.iter().map(|point| of(point.0 - x, point.1 - y)).sum::<f64>();
    let (xx, xy, yy) = (sum(&|x, _| x * x), sum(&|x, y| x * y), sum(&|_, y| y * y));
    (xy / xx, xy / (xx * yy).sqrt())
}

#[track_caller]
fn same(numbers: &BTreeMap<String, f64>, what: &str, expected: f64) {
    let found = numbers.get(what).unwrap_or_else(|| panic!("no {what:?} among {:?}", numbers.keys()));
    assert!(
        (found - expected).abs() <= 1e-7 * expected.abs().max(1e-3),
        "{what} is {found}, by the tables {expected}"
    );
}

#[test]
fn the_numbers_of_the_claims_are_those_of_the_tables() {
    let work = Workplace::new();
    let folder = copied(&work, "figures", |name| !name.starts_with("report."));
    let html = report(&folder);
    check(&folder, &html);
    assert!(
        !html.contains("class=\"generic\"") && !html.contains("id=\"notice\""),
        "a committed figure has no caption, or a notice"
    );
    let document = parsed(&html);

    let (verdict, numbers) = claim(&document, "1");
    let (epoch, error, test) = (
        column("learning_phases.csv", "epoch"),
        column("learning_phases.csv", "train_error"),
        column("learning_phases.csv", "test_error"),
    );
    let turn = error.iter().position(|error| *error < 0.01).unwrap();
    let last = *epoch.last().unwrap();
    let late: Vec<f64> =
        epoch.iter().zip(&test).filter(|(epoch, _)| **epoch > 0.9 * last).map(|(_, test)| *test).collect();
    let late = late.iter().sum::<f64>() / late.len() as f64;
    same(&numbers, "epoch at which the training error is below 1\u{202f}%", epoch[turn]);
    same(&numbers, "test error then", 100.0 * test[turn]);
    same(&numbers, "mean test error there", 100.0 * late);
    assert_eq!(verdict == "reproduced", epoch[turn] <= 0.25 * last && late < test[turn]);

    let (_, numbers) = claim(&document, "2");
    let variance = column("pca_spectrum.csv", "variance");
    same(&numbers, "gap σ1²/σ2²", variance[0] / variance[1]);
    let share = variance[1..36].iter().sum::<f64>() / variance[1..].iter().sum::<f64>();
    same(&numbers, "share of the 35 components", 100.0 * share);
    let points: Vec<(f64, f64)> = (20..=200).map(|index| (index as f64, variance[index - 1])).collect();
    same(&numbers, "γ over components 20–200", -power_law(&points).0);

    let (verdict, numbers) = claim(&document, "3");
    let (index, longest, exponent) =
        (column("drift.csv", "index"), column("drift.csv", "longest"), column("drift.csv", "exponent"));
    for component in [1, 2, 49, 50] {
        let row = (0..index.len())
            .find(|&row| index[row] == f64::from(component) && longest[row] == longest[0])
            .unwrap();
        same(&numbers, &format!("x of θ{component}"), exponent[row]);
    }
    assert_eq!(verdict, "reproduced");

    let (_, numbers) = claim(&document, "4");
    for (what, key) in [
        ("growth of w·p1 over the window", "along"),
        ("growth of ‖w‖", "norm"),
        ("growth of the margin", "margin"),
    ] {
        let values = column("drift_growth.csv", key);
        same(&numbers, what, 100.0 * (values.last().unwrap() / values[0] - 1.0));
    }
    same(&numbers, "|cos(p1, w0)|", json("summary.json")["fit"]["alignment"].as_f64().unwrap());

    let (index, flatness, variance) = (
        column("flatness.csv", "index"),
        column("flatness.csv", "flatness"),
        column("flatness.csv", "variance"),
    );
    let (_, numbers) = claim(&document, "5");
    let points: Vec<(f64, f64)> = index
        .iter()
        .copied()
        .zip(flatness.iter().copied())
        .filter(|(index, flatness)| *index > 1.0 && flatness.is_finite())
        .collect();
    let (x, r) = power_law(&points);
    same(&numbers, "x in Fi ∝ ix", x);
    same(&numbers, "correlation r", r);

    let (verdict, numbers) = claim(&document, "6a");
    let fit = &json("summary.json")["fit"];
    let floor = fit["floor"].as_f64().unwrap();
    let points: Vec<(f64, f64)> = (1..index.len())
        .map(|row| (flatness[row], variance[row]))
        .filter(|(_, variance)| *variance > floor)
        .collect();
    let (slope, r) = power_law(&points);
    same(
        &numbers,
        &format!("ψ of the headline run, components {}–{}", fit["range"][0], fit["range"][1]),
        -slope,
    );
    same(&numbers, "its correlation r", r);
    let (header, rows) = table(&committed().join("grid.csv"));
    let place = |key: &str| header.iter().position(|column| column == key).unwrap();
    let trusted: Vec<f64> = rows
        .iter()
        .filter(|row| row[place("trust")] == "trusted")
        .map(|row| row[place("psi")].parse().unwrap())
        .collect();
    same(&numbers, &format!("trusted runs, of {}", rows.len()), trusted.len() as f64);
    same(&numbers, "least ψ of these", trusted.iter().copied().fold(f64::INFINITY, f64::min));
    same(&numbers, "largest ψ of these", trusted.iter().copied().fold(0.0, f64::max));
    assert_eq!(verdict == "reproduced", trusted.iter().all(|psi| (3.0..=5.0).contains(psi)));

    let (_, numbers) = claim(&document, "7");
    same(&numbers, "slope of SGD", slope);
    let (header, rows) = table(&committed().join("langevin.csv"));
    let place = |key: &str| header.iter().position(|column| column == key).unwrap();
    let slopes: Vec<f64> = rows
        .iter()
        .filter(|row| row[place("reading")] == "hessian" && row[place("trust")] == "trusted")
        .map(|row| row[place("slope")].parse().unwrap())
        .collect();
    let bend = &json("langevin.json")["report"]["sgd_bend"];
    same(&numbers, "which bends: least by range", bend[0].as_f64().unwrap());
    same(&numbers, "and largest", bend[1].as_f64().unwrap());
    assert_eq!(numbers.len(), slopes.len() + 3);
    assert!(slopes.iter().all(|slope| numbers.values().any(|number| number == slope)), "{numbers:?}");

    let (_, numbers) = claim(&document, "8");
    let temperature = column("temperature.csv", "temperature");
    let flatness = column("temperature.csv", "flatness");
    let summary = std::fs::read(committed().join("summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_slice(&summary).unwrap();
    let floor = summary["fit"]["floor"].as_f64().unwrap();
    let variance = column("temperature.csv", "variance");
    // What lies under the floor is rounding.
    let points: Vec<(f64, f64)> = (1..flatness.len())
        .filter(|row| flatness[*row].is_finite() && variance[*row] > floor)
        .map(|row| (flatness[row], temperature[row]))
        .collect();
    let (x, r) = power_law(&points);
    same(&numbers, "x in Ti(0) ∝ Fix", x);
    same(&numbers, "its correlation r", r);

    let (verdict, numbers) = claim(&document, "9");
    assert!(
        numbers.iter().any(
            |(what, ratio)| what.starts_with("ratio of s") && (*ratio > 1.0) == (verdict == "reproduced")
        )
    );
}

#[test]
fn the_committed_report_and_gallery_are_those_of_the_committed_tables() {
    let work = Workplace::new();
    let folder = copied(&work, "figures", |name| !name.starts_with("report."));
    let pages =
        ["README", "docs/src/results", "docs/src/studies", "docs/src/run-folders", "docs/src/experiments"];
    let pages = pages.map(|page| format!("{page}.md"));
    fs::create_dir_all(work.path("docs/src")).unwrap();
    let copies = pages.each_ref().map(|page| work.text(page));
    let mut arguments = vec!["report", "--figures", folder.to_str().unwrap()];
    for (page, copy) in pages.iter().zip(&copies) {
        fs::copy(committed().with_file_name(page), copy).unwrap();
        arguments.extend(["--readme", copy]);
    }
    program!().run(&arguments).succeeds();
    let remedy = "refresh it with `just figures`";
    for name in ["report.html", "report.md"] {
        let of = |folder: &Path| fs::read_to_string(folder.join(name)).unwrap();
        assert!(of(&folder) == of(&committed()), "figures/{name} is out of date; {remedy}");
    }
    for (page, copy) in pages.iter().zip(&copies) {
        let of = |file: &Path| fs::read_to_string(file).unwrap();
        let same = of(Path::new(copy)) == of(&committed().with_file_name(page));
        assert!(same, "what stands between the marks of {page} is out of date; {remedy}");
    }
}

#[test]
fn what_was_not_measured_is_named_with_the_command_that_does_it() {
    let work = Workplace::new();
    let folder = copied(&work, "figures", |name| name.starts_with("drift"));
    fs::write(
        folder.join("something_new.svg"),
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"></svg>",
    )
    .unwrap();
    let html = report(&folder);
    check(&folder, &html);
    assert!(
        html.contains("figure-something_new\" class=\"generic\""),
        "a figure without a caption has vanished"
    );
    let document = parsed(&html);
    assert_eq!(claim(&document, "3").0, "reproduced");
    for (number, part) in
        [("1", "headline"), ("6a", "grid"), ("6b", "grid"), ("7", "langevin"), ("8", "temperature")]
    {
        assert_eq!(claim(&document, number).0, "not measured");
        assert!(html.contains(&format!("varflat reproduce --only {part}")));
    }
    // A damaged table is an error, not a gap.
    fs::write(folder.join("grid.json"), "{}").unwrap();
    let outcome = program!().run(&["report", "--figures", folder.to_str().unwrap()]);
    outcome.fails_clearly(&["grid.json"]);
    program!()
        .run(&["report", "--figures", &work.text("nowhere")])
        .fails_clearly(&["/nowhere", "check the path"]);
    fs::write(work.path("README.md"), "no marks").unwrap();
    let whole = copied(&work, "whole", |name| name.starts_with("drift"));
    let arguments = ["report", "--figures", whole.to_str().unwrap(), "--readme", &work.text("README.md")];
    program!().run(&arguments).fails_clearly(&["README.md", "<!-- gallery -->"]);
}

#[test]
fn a_shortened_run_says_that_it_was_one() {
    let work = Workplace::new();
    let experiment = varflat_tests::SMALL_EXPERIMENT.replace("\"small\"", "\"headline-quick\"");
    work.write_experiment("small.toml", &experiment);
    work.finished(&program!(), "runs/headline-quick", &["recorder.window=70", "fit.block=10"]);
    let figures = work.path("figures");
    program!()
        .run(&["plot", &work.text("runs/headline-quick"), "--figures", figures.to_str().unwrap()])
        .succeeds();
    let html = fs::read_to_string(figures.join("report.html")).unwrap();
    check(&figures, &html);
    let document = parsed(&html);
    let notice =
        document.descendants().find(|node| node.attribute("id") == Some("notice")).map(text).unwrap();
    assert!(notice.contains("shortened run") && notice.contains("headline-quick"), "{notice}");
    assert!(html.contains("varflat reproduce --quick --only grid"));
    assert_eq!(claim(&document, "6a").0, "not measured");
    assert_ne!(claim(&document, "1").0, "not measured");
}

/// Widths of the page, its resources and errors, its font, and whether figures zoom: measured in the page, told to the one around it.
const PROBE: &str = r#"<script>
const faults = [];
addEventListener("error", (event) => faults.push(String(event.message)));
addEventListener("securitypolicyviolation", (event) => faults.push("loads " + event.blockedURI));
addEventListener("load", () => document.fonts.ready.then(() => {
  const link = document.querySelector("a.enlarge");
  const zoom = document.getElementById("zoom");
  link.click();
  const opened = zoom.open && link.children.length === 0;
  zoom.addEventListener("close", () => setTimeout(() => parent.postMessage([
    "width", innerWidth, "content", document.documentElement.scrollWidth, "requests", performance.getEntriesByType("resource").length,
    "font", document.fonts.size, [...document.fonts].every((font) => font.status === "loaded"),
    "zoom", opened, !zoom.open, link.children.length, "faults", faults.length, faults.join("; ")].join(" "), "*"), 100));
  zoom.close();
}));
</script></head>"#;

#[test]
fn the_page_fits_a_phone_and_a_desk_in_a_browser() {
    let browser = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| {
        std::process::Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success())
    });
    let Some(browser) = browser else {
        assert!(
            std::env::var_os("VARFLAT_REQUIRE_CHROMIUM").is_none(),
            "VARFLAT_REQUIRE_CHROMIUM is set, but there is no Chromium"
        );
        eprintln!("NOT TESTED: the report in a browser, because there is no Chromium here");
        return;
    };
    let work = Workplace::new();
    let folder = copied(&work, "figures", |name| !name.starts_with("report."));
    let html = report(&folder);
    // The page lets its own script run and no other: the probe needs leave.
    let script = PROBE.split_once("<script>").unwrap().1.split_once("</script>").unwrap().0;
    let leave = format!("script-src 'sha256-{}' ", STANDARD.encode(Sha256::digest(script)));
    let probed = html.replacen("</head>", PROBE, 1).replacen("script-src ", &leave, 1);
    fs::write(folder.join("probed.html"), probed).unwrap();
    // Chromium has no window as narrow as a phone; a frame is.
    for width in [390, 1280] {
        let around = format!(
            "<body style=\"margin: 0\"><script>addEventListener(\"message\", (event) => {{ const p = document.createElement(\"p\"); \
             p.textContent = event.data; document.body.append(p); }});</script>\
             <iframe src=\"probed.html\" style=\"width: {width}px; height: 800px; border: 0\"></iframe></body>"
        );
        fs::write(folder.join("around.html"), around).unwrap();
        let output = std::process::Command::new(browser)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--window-size=1300,900",
            ])
            .args(["--virtual-time-budget=20000", "--dump-dom"])
            .arg(format!("--user-data-dir={}", work.text("browser")))
            .arg(format!("file://{}", folder.join("around.html").display()))
            .output()
            .unwrap();
        let dom = String::from_utf8_lossy(&output.stdout);
        let expected =
            format!("<p>width {width} content {width} requests 0 font 1 true zoom true true 1 faults 0 </p>");
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(dom.contains(&expected), "{expected} is not in {dom}\n{complaints}");
    }
}
