//! The employees schema with rows for 6,000 people: a fiftieth of the well-known sample. The same rows every time.

use super::server::Live;
use myexplain::parse::script;

const SCHEMA: &str = include_str!("../../../fixtures/employees/bundle/schema.sql");
const PEOPLE: u64 = 6000;
const DAYS_1985_TO_2000: u64 = 5500;

const FIRST_NAMES: [&str; 12] =
    ["Matt", "Georgi", "Zita", "Babette", "Gad", "Jasminko", "Bezalel", "Parto", "Chirstian", "Anneke", "Kyoichi", "Saniya"];
const LAST_NAMES: [&str; 10] =
    ["Facello", "Acton", "Simmel", "Bamford", "Koblick", "Maliniak", "Preusig", "Zielinski", "Kalloufi", "Peac"];
const TITLES: [&str; 6] = ["Staff", "Senior Staff", "Engineer", "Senior Engineer", "Assistant Engineer", "Technique Leader"];
const DEPARTMENTS: [&str; 9] = [
    "Marketing",
    "Finance",
    "Human Resources",
    "Production",
    "Development",
    "Quality Management",
    "Sales",
    "Research",
    "Customer Service",
];

/// Numbers that look random.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// Rows on their way into a table.
struct Rows<'a> {
    table: &'a str,
    values: Vec<String>,
}

impl Rows<'_> {
    fn statements(&self) -> Vec<String> {
        self.values.chunks(2000).map(|some| format!("INSERT INTO {} VALUES {}", self.table, some.join(","))).collect()
    }
}

/// `'1985-01-01' + days`, as a literal; months of 28 days, so that every date exists.
fn date(days: u64) -> String {
    let (year, rest) = (1985 + days / 336, days % 336);
    format!("'{year}-{:02}-{:02}'", rest / 28 + 1, rest % 28 + 1)
}

/// Makes the schema anew, unless it is there already, and analyzes it.
pub fn load(live: &Live, schema: &str) {
    let loaded =
        format!("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{schema}' AND TABLE_NAME = 'loaded'");
    if live.number(&loaded) == 1 {
        return;
    }
    live.run_all(&[
        &format!("DROP DATABASE IF EXISTS {schema}"),
        &format!("CREATE DATABASE {schema} DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"),
    ]);
    let statements = script::read(SCHEMA);
    let tables: Vec<&str> = statements.iter().map(|one| one.sql.as_str()).filter(|sql| sql.starts_with("CREATE TABLE")).collect();
    live.run_in(schema, &tables);
    let rows: Vec<String> = all_rows().iter().flat_map(Rows::statements).collect();
    live.run_in(schema, &rows.iter().map(String::as_str).collect::<Vec<_>>());
    let names: Vec<&str> = tables.iter().filter_map(|sql| sql.split('`').nth(1)).collect();
    for name in &names {
        live.run_in(schema, &[&format!("ALTER TABLE {name} STATS_AUTO_RECALC=0"), &format!("ANALYZE TABLE {name}")]);
    }
    live.run_in(
        schema,
        &[
            "ANALYZE TABLE employees UPDATE HISTOGRAM ON birth_date, last_name",
            "ANALYZE TABLE dept_emp UPDATE HISTOGRAM ON to_date",
            "ANALYZE TABLE salaries UPDATE HISTOGRAM ON from_date, to_date",
            "ANALYZE TABLE titles UPDATE HISTOGRAM ON title, from_date WITH 50 BUCKETS",
            "CREATE TABLE loaded (a INT)",
        ],
    );
}

fn all_rows() -> Vec<Rows<'static>> {
    let mut dice = Dice(20_220_205);
    let table = |table| Rows { table, values: Vec::new() };
    let mut departments = table("departments");
    for (no, name) in DEPARTMENTS.iter().enumerate() {
        departments.values.push(format!("('d{:03}','{name}')", no + 1));
    }
    let (mut employees, mut parted, mut compressed, mut names) =
        (table("employees"), table("employees_parted"), table("employees_comp4k"), table("employee_name"));
    let (mut works, mut salaries, mut titles) = (table("dept_emp"), table("salaries"), table("titles"));
    for person in 0..PEOPLE {
        let number = 10_001 + person;
        let hired = dice.roll(DAYS_1985_TO_2000).min(dice.roll(DAYS_1985_TO_2000));
        let born = format!("'{}-{:02}-{:02}'", 1952 + dice.roll(13), 1 + dice.roll(12), 1 + dice.roll(28));
        let (first, last) = match person {
            0 => ("Georgi".to_owned(), "Facello"),
            // Many first names, of which a few are known.
            _ => match dice.roll(100) {
                0..5 => (FIRST_NAMES[dice.roll(12) as usize].to_owned(), LAST_NAMES[dice.roll(10) as usize]),
                roll => (format!("{}{}", FIRST_NAMES[(roll % 12) as usize], dice.roll(110)), LAST_NAMES[dice.roll(10) as usize]),
            },
        };
        let gender = if dice.roll(5) < 3 { "M" } else { "F" };
        let row = format!("({number},{born},'{first}','{last}','{gender}',{})", date(hired));
        employees.values.push(row.clone());
        parted.values.push(row.clone());
        if person < 600 {
            compressed.values.push(row);
            names.values.push(format!("({number},'{first}','{last}')"));
        }
        let start = hired + dice.roll(2) * dice.roll(800);
        let department = 1 + dice.roll(9);
        let until = if dice.roll(5) == 0 { date(start + 100 + dice.roll(2000)) } else { "'9999-01-01'".to_owned() };
        works.values.push(format!("({number},'d{department:03}',{},{until})", date(start)));
        if dice.roll(10) == 0 {
            works.values.push(format!("({number},'d{:03}',{},'9999-01-01')", department % 9 + 1, date(start + 900)));
        }
        let mut salary = 40_000 + dice.roll(20_000);
        for year in 0..(DAYS_1985_TO_2000 + 800 - start.min(6000)) / 336 {
            salaries.values.push(format!("({number},{salary},{},{})", date(start + year * 336), date(start + (year + 1) * 336)));
            salary += dice.roll(5000);
        }
        let title = dice.roll(6) as usize;
        titles.values.push(format!("({number},'{}',{},'9999-01-01')", TITLES[title], date(start)));
        if dice.roll(2) == 0 {
            titles.values.push(format!("({number},'{}',{},NULL)", TITLES[(title + 1) % 6], date(start + 1200)));
        }
    }
    let mut managers = table("dept_manager");
    for no in 0..24u64 {
        managers.values.push(format!("('d{:03}',{},{},'9999-01-01')", no % 9 + 1, 10_022 + 37 * no, date(no / 9 * 400)));
    }
    let of = |name, values: &[&str]| Rows { table: name, values: values.iter().map(|value| (*value).to_owned()).collect() };
    let small = [of("tb_dual", &["(1)"]), of("tb_test1", &["(1,10)", "(2,NULL)"]), of("tb_test2", &["(1,10)"])];
    let mut all = vec![departments, employees, parted, compressed, names, works, salaries, titles, managers];
    all.extend(small);
    all
}
