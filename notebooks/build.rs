//! Turns each notebook into a Rust module, the way evcxr reads it: items stay items, the statements of all cells become one
//! function, and an expression that ends a cell is displayed.

use std::path::{Path, PathBuf};
use std::{env, fs};

use quote::quote;
use syn::{Expr, Stmt};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let mut modules = String::new();
    let mut notebooks: Vec<PathBuf> =
        fs::read_dir(".")?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    notebooks.retain(|path| path.extension().is_some_and(|extension| extension == "ipynb"));
    notebooks.sort();
    for path in notebooks {
        // Not the folder: it holds the kernel's environment, too.
        println!("cargo::rerun-if-changed={}", path.display());
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let module = module(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        modules.push_str(&format!("/// `{name}.ipynb`.\npub mod {name} {{\n{module}\n}}\n"));
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("notebooks.rs"), modules)?;
    Ok(())
}

/// The code of one notebook.
fn module(path: &Path) -> Result<String> {
    let notebook: serde_json::Value = serde_json::from_str(&fs::read_to_string(path)?)?;
    let (mut items, mut body) = (Vec::new(), Vec::new());
    for (position, cell) in notebook["cells"].as_array().into_iter().flatten().enumerate() {
        if cell["cell_type"] != "code" {
            continue;
        }
        let code: String = source(&cell["source"])
            .lines()
            .filter(|line| !line.starts_with(':'))
            .map(|line| format!("{line}\n"))
            .collect();
        let block: syn::Block = syn::parse_str(&format!("{{{code}}}"))
            .map_err(|error| format!("cell {}: {error}", position + 1))?;
        for statement in block.stmts {
            match statement {
                Stmt::Item(item) => items.push(quote!(#item)),
                Stmt::Expr(expression, None) if has_value(&expression) => {
                    body.push(quote!((#expression).evcxr_display();))
                }
                other => body.push(quote!(#other)),
            }
        }
    }
    let code = quote! {
        #(#items)*
        /// All cells, in order.
        pub fn cells() -> std::result::Result<(), Box<dyn std::error::Error>> {
            #(#body)*
            Ok(())
        }
    };
    Ok(code.to_string())
}

/// A cell's text: a string, or a list of lines.
fn source(value: &serde_json::Value) -> String {
    match value.as_array() {
        Some(lines) => lines.iter().filter_map(serde_json::Value::as_str).collect(),
        None => value.as_str().unwrap_or_default().to_owned(),
    }
}

/// Whether there is anything to display: a loop, say, has nothing.
fn has_value(expression: &Expr) -> bool {
    !matches!(
        expression,
        Expr::ForLoop(_) | Expr::While(_) | Expr::Loop(_) | Expr::If(_) | Expr::Assign(_) | Expr::Macro(_)
    )
}
