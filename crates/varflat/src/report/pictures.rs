//! Figures as they stand inside the page.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::Result;

/// A figure inside a page: its SVG with a title for those who cannot see it, and identifiers that no other figure has.
pub(super) fn inline(svg: &str, name: &str, title: &str) -> String {
    let Some((_, rest)) = svg.split_once("<svg") else { return String::new() };
    let Some((attributes, content)) = rest.split_once('>') else { return String::new() };
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
        own(content).trim_end()
    )
}

/// The value of an attribute.
fn attribute<'a>(attributes: &'a str, key: &str) -> Option<&'a str> {
    attributes.split_once(&format!(" {key}=\""))?.1.split_once('"').map(|(value, _)| value)
}

/// The font of the figures, with the characters that they show and no others, for a `data:` address.
pub(super) fn font(figures: &[super::page::Picture]) -> Result<String> {
    let text: String = figures.iter().map(|figure| figure.svg.as_str()).collect();
    Ok(STANDARD.encode(varflat_plot::web_font(&text)?))
}

#[cfg(test)]
mod tests {
    use super::*;

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
