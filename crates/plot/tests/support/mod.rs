//! Reads figures back with usvg.

use std::path::Path;

use resvg::tiny_skia::{Pixmap, Rect};
use resvg::usvg::{Group, Node, Options, Text, Tree};
use varflat_plot::Figure;

fn tree(figure: &Figure) -> Tree {
    let mut options = Options::default();
    let fonts = options.fontdb_mut();
    fonts.load_font_data(include_bytes!("../../fonts/DejaVuSans.ttf").to_vec());
    fonts.set_sans_serif_family("DejaVu Sans");
    Tree::from_str(figure.svg(), &options).unwrap()
}

/// Every text of a figure.
pub(crate) fn texts(figure: &Figure) -> Vec<String> {
    let mut found = Vec::new();
    placed_texts(tree(figure).root(), &mut found);
    found.into_iter().map(|(text, _)| text.trim().to_owned()).collect()
}

/// Text and the box of its outlines on the canvas.
fn placed_texts(group: &Group, found: &mut Vec<(String, Rect)>) {
    for node in group.children() {
        match node {
            Node::Group(group) => placed_texts(group, found),
            Node::Text(text) => {
                found.push((text.chunks().iter().map(|chunk| chunk.text()).collect(), drawn(text)))
            }
            _ => {}
        }
    }
}

/// The box of a text's outlines on the canvas.
fn drawn(text: &Text) -> Rect {
    text.flattened().bounding_box().transform(text.abs_transform()).unwrap()
}

/// The figure parses, its texts lie on the canvas and apart, and its PNG and PDF come out. The PNG
/// is kept, to be looked at, in the folder that `VARFLAT_PLOT_LOOK` names.
pub(crate) fn check(name: &str, figure: &Figure) {
    let tree = tree(figure);
    let size = tree.size();
    let mut found = Vec::new();
    placed_texts(tree.root(), &mut found);
    assert!(!found.is_empty(), "{name} has no text");
    for (text, place) in &found {
        let inside = place.left() >= 0.0
            && place.top() >= 0.0
            && place.right() <= size.width()
            && place.bottom() <= size.height();
        assert!(inside, "{name}: `{text}` at {place:?} leaves {size:?}");
    }
    for (number, (a, first)) in found.iter().enumerate() {
        for (b, second) in &found[number + 1..] {
            assert!(first.intersect(second).is_none(), "{name}: `{a}` and `{b}` overlap");
        }
    }
    for forbidden in ["NaN", "inf"] {
        assert!(!figure.svg().contains(forbidden), "{name} contains {forbidden}");
    }

    let png = Pixmap::decode_png(&figure.png(1.0).unwrap()).unwrap();
    assert_eq!(png.width(), size.width().round() as u32, "{name}");
    assert_eq!(png.height(), size.height().round() as u32, "{name}");
    let ink = png.pixels().iter().filter(|pixel| pixel.red() < 128).count();
    assert!(ink > 500, "{name} is blank: {ink} dark pixels");
    assert!(figure.pdf().unwrap().starts_with(b"%PDF"), "{name}");
    if let Some(folder) = std::env::var_os("VARFLAT_PLOT_LOOK") {
        std::fs::write(Path::new(&folder).join(format!("{name}.png")), figure.png(2.0).unwrap()).unwrap();
    }
}

/// Values of one attribute of every circle with this fill.
pub(crate) fn circles(svg: &str, fill: &str, attribute: &str) -> Vec<f64> {
    svg.lines()
        .filter(|line| line.starts_with("<circle") && line.contains(fill))
        .map(|line| {
            let rest = line.split_once(&format!(" {attribute}=\"")).unwrap().1;
            rest.split_once('"').unwrap().0.parse().unwrap()
        })
        .collect()
}
