//! The first figure of a process: alone in this file, so that no other is drawn before it.

use varflat_plot::{Forest, ForestGroup, ForestRow, forest};

#[test]
fn the_first_figure_has_the_bytes_of_every_other() {
    let row = ForestRow {
        label: "a name as long as its column, or a little longer than that".to_owned(),
        value: 4.0,
        interval: None,
        trusted: true,
        note: None,
    };
    let groups = vec![ForestGroup { title: "a group".to_owned(), rows: vec![row] }];
    let data = Forest { groups, quantity: "ψ".to_owned(), reference: None, title: None };
    assert_eq!(forest(&data).unwrap().svg(), forest(&data).unwrap().svg());
}
