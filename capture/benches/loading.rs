//! How long a bundle of 1,000 tables with histograms takes to load, from a directory and from one compressed file.
//!
//! Each table has 14 columns, 4 indexes and 3 histograms of 100 buckets: about 35 MB of files.

#![allow(missing_docs)] // criterion's macros make public items

use criterion::{Criterion, criterion_group, criterion_main};
use myexplain::Catalog;
use myexplain::catalog::bundle;
use myexplain_capture::files::{BundleFiles, Existing};
use std::fmt::Write;
use std::hint::black_box;
use std::path::Path;

const TABLES: usize = 1000;

const COLUMNS: &str = "  `id` bigint unsigned NOT NULL AUTO_INCREMENT,
  `customer_id` int NOT NULL,
  `status` enum('new','paid','shipped','returned') COLLATE utf8mb4_0900_ai_ci NOT NULL DEFAULT 'new',
  `ordered_at` datetime NOT NULL,
  `paid_at` datetime(6) DEFAULT NULL,
  `amount` decimal(12,2) NOT NULL,
  `currency` char(3) COLLATE utf8mb4_0900_ai_ci NOT NULL DEFAULT 'EUR',
  `street` varchar(100) COLLATE utf8mb4_0900_ai_ci DEFAULT NULL,
  `city` varchar(60) COLLATE utf8mb4_0900_ai_ci DEFAULT NULL,
  `country` char(2) COLLATE utf8mb4_0900_ai_ci NOT NULL,
  `notes` text COLLATE utf8mb4_0900_ai_ci,
  `attributes` json DEFAULT NULL,
  `created_on` date NOT NULL,
  `version` int NOT NULL DEFAULT '0',
  PRIMARY KEY (`id`),
  UNIQUE KEY `ux_customer` (`customer_id`,`ordered_at`),
  KEY `ix_status` (`status`,`created_on`),
  KEY `ix_city` (`city`)
) ENGINE=InnoDB AUTO_INCREMENT=100001 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

";

const INDEXES: [(&str, &[&str]); 4] = [
    ("PRIMARY", &["id"]),
    ("ux_customer", &["customer_id", "ordered_at"]),
    ("ix_status", &["status", "created_on", "id"]),
    ("ix_city", &["city", "id"]),
];

fn histogram(column: &str, value: impl Fn(usize) -> String, ty: &str, collation: u16) -> String {
    let bucket = |no: usize| {
        let share = (no + 1) as f64 / 100.0 + no as f64 * 1e-9;
        format!("[{}, {}, {share}, {}]", value(no * 10), value(no * 10 + 9), 10 + no % 7)
    };
    let buckets: Vec<String> = (0..100).map(bucket).collect();
    format!(
        "\"column_name\": \"{column}\", \"histogram\": {{\"buckets\": [{}], \"data-type\": \"{ty}\", \"null-values\": 0.0, \
         \"collation-id\": {collation}, \"last-updated\": \"2026-11-20 23:01:40.902277\", \"sampling-rate\": 0.5, \
         \"histogram-type\": \"equi-height\", \"number-of-buckets-specified\": 100}}}}\n",
        buckets.join(", ")
    )
}

/// A bundle of many tables.
fn generated() -> BundleFiles {
    let mut schema = String::from("CREATE DATABASE `shop`;\nUSE `shop`;\n\n");
    let mut tables = String::from(
        "table_schema\ttable_name\ttable_type\tengine\trow_format\ttable_rows\tavg_row_length\tdata_length\tindex_length\tcreate_options\n",
    );
    let mut live = String::from("name\tn_cols\trow_format\tzip_page_size\tnum_rows\tclust_index_size\tother_index_size\n");
    let mut table_stats = String::from("database_name\ttable_name\tn_rows\tclustered_index_size\tsum_of_other_index_sizes\n");
    let mut index_stats =
        String::from("database_name\ttable_name\tindex_name\tstat_name\tstat_value\tsample_size\tstat_description\n");
    let mut cached = String::from("table_name\tindex_name\tn_cached_pages\n");
    let mut cardinality = String::from(
        "table_schema\ttable_name\tindex_name\tseq_in_index\tcolumn_name\texpression\tsub_part\tcollation\tcardinality\tnullable\tnon_unique\tindex_type\tis_visible\n",
    );
    let mut histograms = String::new();
    let by_city = histogram("city", |n| format!("\"base64:type254:Q2l0eSBudW1iZXIg{:04}\"", n + 1000), "string", 255);
    let by_date = histogram("created_on", |n| format!("\"{:04}-06-{:02}\"", 2000 + n / 100, n % 28 + 1), "date", 8);
    let by_amount = histogram("amount", |n| format!("{}.25", n * 3), "decimal", 8);
    for no in 0..TABLES {
        let _ = write!(schema, "CREATE TABLE `orders_{no:04}` (\n{COLUMNS}");
        let _ = writeln!(tables, "shop\torders_{no:04}\tBASE TABLE\tInnoDB\tDynamic\t98765\t160\t15810560\t9453568\t");
        let _ = writeln!(live, "shop/orders_{no:04}\t17\tDynamic\t0\t98765\t965\t577");
        let _ = writeln!(table_stats, "shop\torders_{no:04}\t98765\t965\t577");
        for (index, parts) in INDEXES {
            for place in 1..=parts.len() {
                let _ = writeln!(
                    index_stats,
                    "shop\torders_{no:04}\t{index}\tn_diff_pfx{place:02}\t98765\t20\t{}",
                    parts[..place].join(",")
                );
                let part = parts[place - 1];
                let _ =
                    writeln!(cardinality, "shop\torders_{no:04}\t{index}\t{place}\t{part}\t\\N\t\\N\tA\t98765\t\t1\tBTREE\tYES");
            }
            let _ =
                writeln!(index_stats, "shop\torders_{no:04}\t{index}\tn_leaf_pages\t199\t\\N\tNumber of leaf pages in the index");
            let _ = writeln!(index_stats, "shop\torders_{no:04}\t{index}\tsize\t225\t\\N\tNumber of pages in the index");
            let _ = writeln!(cached, "shop/orders_{no:04}\t{index}\t200");
        }
        for histogram in [&by_city, &by_date, &by_amount] {
            let _ = write!(histograms, "{{\"schema_name\": \"shop\", \"table_name\": \"orders_{no:04}\", {histogram}");
        }
    }
    let mut files = BundleFiles::sample();
    for name in ["dives.jsonl", "rows.jsonl", "subqueries.jsonl", "partitions.tsv"] {
        files.remove(name);
    }
    for (name, text) in [
        ("schema.sql", schema),
        ("tables.tsv", tables),
        ("innodb_tablestats.tsv", live),
        ("innodb_table_stats.tsv", table_stats),
        ("innodb_index_stats.tsv", index_stats),
        ("innodb_cached_indexes.tsv", cached),
        ("statistics.tsv", cardinality),
        ("column_statistics.jsonl", histograms),
    ] {
        files.set(name, text);
    }
    files
}

fn load(path: &Path) -> Catalog {
    if path.is_dir() {
        return bundle::load(path).expect("a directory that was just written");
    }
    bundle::load_files(&BundleFiles::read(path).expect("a file that was just written")).expect("the same texts")
}

fn thousand_tables(c: &mut Criterion) {
    let place = std::env::temp_dir().join(format!("myexplain-bench-{}", std::process::id()));
    let files = generated();
    let bytes: usize = files.file_names().filter_map(|name| files.get(name)).map(str::len).sum();
    println!("{TABLES} tables, {} MB in {} files", bytes / 1_000_000, files.file_names().count());
    let mut group = c.benchmark_group("load 1,000 tables with histograms");
    group.sample_size(20);
    for name in ["bundle", "bundle.tar.zst"] {
        let path = place.join(name);
        files.write(&path, Existing::Replace).expect("the directory for temporary files is writable");
        assert_eq!(load(&path).schemas["shop"].tables.len(), TABLES);
        group.bench_function(name, |b| b.iter(|| load(black_box(&path))));
    }
    group.finish();
    let _ = std::fs::remove_dir_all(&place);
}

criterion_group!(benches, thousand_tables);
criterion_main!(benches);
