//! Figures as they stand inside the page.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use varflat_run::error::Result;

/// What figures are made of. Anything else, above all a script, has no place in a page that others open.
const SHAPES: [&str; 21] = [
    "circle",
    "clipPath",
    "defs",
    "desc",
    "ellipse",
    "g",
    "line",
    "linearGradient",
    "marker",
    "metadata",
    "path",
    "polygon",
    "polyline",
    "radialGradient",
    "rect",
    "stop",
    "svg",
    "text",
    "title",
    "tspan",
    "use",
];

/// Whether an SVG draws and does nothing else: no scripts, no handlers, nothing from elsewhere, and nothing that a browser reads
/// otherwise than an XML parser does.
pub(super) fn only_draws(svg: &str) -> bool {
    let body = svg.trim_start().strip_prefix("<?xml").unwrap_or(svg);
    let Ok(document) = roxmltree::Document::parse(svg) else { return false };
    let harmless = |node: roxmltree::Node<'_, '_>| {
        SHAPES.contains(&node.tag_name().name())
            && node.attributes().all(|attribute| {
                let (name, value) = (attribute.name().to_ascii_lowercase(), attribute.value());
                !name.starts_with("on") && (name != "href" || value.starts_with('#'))
            })
    };
    // Comments, CDATA sections, document types and instructions.
    !body.contains("<!")
        && !body.contains("<?")
        && document.descendants().filter(roxmltree::Node::is_element).all(harmless)
}

/// Whether a file's name can stand in a page as it is.
pub(super) fn is_word(name: &str) -> bool {
    !name.is_empty()
        && name.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.'))
}

/// A figure inside a page: its SVG with a title for those who cannot see it, and identifiers that no other figure has.
pub(super) fn inline(svg: &str, name: &str, title: &str) -> String {
    let Some((_, rest)) = svg.split_once("<svg") else { return String::new() };
    let Some((attributes, content)) = rest.split_once('>') else { return String::new() };
    // The figure has it in its own file.
    let (before, rest) = content.split_once("<metadata>").unwrap_or((content, ""));
    let content = format!("{before}{}", rest.split_once("</metadata>").map_or(rest, |(_, after)| after));
    let own = |text: &str| {
        text.replace(" id=\"", &format!(" id=\"{name}-"))
            .replace("url(#", &format!("url(#{name}-"))
            .replace("href=\"#", &format!("href=\"#{name}-"))
    };
    let size = |key: &str| attribute(attributes, key).and_then(|value| value.parse::<f64>().ok());
    let (width, height) = (size("width").unwrap_or(600.0), size("height").unwrap_or(400.0));
    let title = title.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<svg role=\"img\" aria-labelledby=\"picture-{name}\" style=\"--width: {width}; --ratio: {:.4}\"{}>\
         <title id=\"picture-{name}\">{title}</title>{}",
        width / height,
        own(attributes),
        own(content.trim_start()).trim_end()
    )
}

/// The value of an attribute.
fn attribute<'a>(attributes: &'a str, key: &str) -> Option<&'a str> {
    attributes.split_once(&format!(" {key}=\""))?.1.split_once('"').map(|(value, _)| value)
}

/// The font of these figures (SVG), with the characters that they show and no others, for a `data:` address.
pub(super) fn font<'a>(figures: impl Iterator<Item = &'a str>) -> Result<String> {
    let text: String = figures.collect();
    Ok(STANDARD.encode(varflat_plot::web_font(&text)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_more_than_draw_is_told_apart() {
        let svg = |content: &str| {
            format!(
                "<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\">{content}</svg>"
            )
        };
        for drawing in
            ["<g><circle r=\"1\"/></g>", "<text>&lt;script&gt; a &amp; b</text>", "<use xlink:href=\"#a\"/>"]
        {
            assert!(only_draws(&svg(drawing)), "{drawing}");
        }
        for other in [
            "<script>alert(1)</script>",
            "<g onclick=\"alert(1)\"/>",
            "<g ONLOAD=\"alert(1)\"/>",
            "<x:script xmlns:x=\"http://www.w3.org/2000/svg\"/>",
            "<a href=\"javascript:alert(1)\"><text>x</text></a>",
            "<use xlink:href=\"https://example.org/a.svg#a\"/>",
            "<foreignObject><p>x</p></foreignObject>",
            "<image href=\"#a\"/>",
            "<title><![CDATA[><img src=x onerror=alert(1)>]]></title>",
            "<!-- a comment -->",
            "<?php x ?>",
            "<g",
        ] {
            assert!(!only_draws(&svg(other)), "{other}");
        }
        assert!(!only_draws("<!DOCTYPE svg [<!ENTITY a \"b\">]><svg>&a;</svg>"));
        assert!(is_word("variance_flatness") && !is_word("a\" onload=\"b") && !is_word("<b>"));
    }

    #[test]
    fn identifiers_are_those_of_the_figure() {
        let svg = "<?xml version=\"1.0\"?>\n<svg xmlns=\"x\" width=\"573\" height=\"450\"><clipPath id=\"a\"/><g clip-path=\"url(#a)\"/>\
                   <use href=\"#a\"/></svg>\n";
        let inline = inline(svg, "drift", "A < B");
        assert_eq!(
            inline,
            "<svg role=\"img\" aria-labelledby=\"picture-drift\" style=\"--width: 573; --ratio: 1.2733\" xmlns=\"x\" width=\"573\" \
             height=\"450\"><title id=\"picture-drift\">A &lt; B</title><clipPath id=\"drift-a\"/><g clip-path=\"url(#drift-a)\"/>\
             <use href=\"#drift-a\"/></svg>"
        );
    }
}
