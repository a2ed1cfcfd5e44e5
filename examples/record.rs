use myexplain::*;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let get = |n: &str| a.iter().position(|x| x == n).map(|i| a[i + 1].clone()).unwrap();
    let cat = catalog::bundle::load(std::path::Path::new(&get("--bundle"))).unwrap();
    let text = std::fs::read_to_string(get("--queries")).unwrap();
    let out = get("--out");
    std::fs::create_dir_all(&out).unwrap();
    std::panic::set_hook(Box::new(|i| eprintln!("PANIC {i}")));
    for s in parse::script::read(&text) {
        let r = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut p = Planner::new(&cat);
            for set in &s.sets {
                let (n, v) = set.split_once('=').unwrap();
                p.set(n.trim(), v.trim().trim_matches('\'')).unwrap();
            }
            let mut o = String::new();
            match p.plan(&s.sql) {
                Err(e) => {
                    if let PlanError::Server(e) = e {
                        o += &format!("=== error\n{}\t{}\n", e.code, e.text);
                    } else {
                        eprintln!("{}: {e}", s.name)
                    }
                }
                Ok(plan) => {
                    o += "=== traditional\n";
                    o += &explain::traditional::tsv(&plan);
                    let d = explain::note::diagnostics(&plan);
                    if !d.is_empty() {
                        o += "=== warnings\n";
                        for d in d {
                            o += &format!("{:?}\t{}\t{}\n", d.level, d.code, d.text);
                        }
                    }
                    o += "=== tree\n";
                    o += &explain::tree::render(&plan);
                    o += "=== json\n";
                    o += &explain::json::render(&plan);
                    o += "\n";
                }
            }
            o
        }));
        match r {
            Ok(o) => std::fs::write(format!("{out}/{}.txt", s.name), o).unwrap(),
            Err(_) => eprintln!("panicked: {}", s.name),
        }
    }
}
