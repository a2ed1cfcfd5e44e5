use super::*;
use myexplain::catalog::bundle;
use std::fs;

/// A directory that goes away with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("myexplain-files-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn both_forms_hold_the_same_files() {
    let scratch = Scratch::new("forms");
    let sample = BundleFiles::sample();
    let (directory, archive) = (scratch.0.join("deep/er/employees"), scratch.0.join("employees.tar.zst"));
    sample.write(&directory, Existing::Keep).unwrap();
    sample.write(&archive, Existing::Keep).unwrap();
    let first = fs::read(&archive).unwrap();
    for place in [&directory, &archive] {
        let read = BundleFiles::read(place).unwrap();
        assert_eq!(read.files, sample.files, "{}", place.display());
        assert_eq!(bundle::load_files(&read).unwrap().schemas["employees"].tables.len(), 12);
    }
    sample.write(&archive, Existing::Replace).unwrap();
    assert_eq!(fs::read(&archive).unwrap(), first, "the same files give the same bytes");
    assert_eq!(fs::read_dir(&scratch.0).unwrap().count(), 2, "nothing half-written stays behind");
}

#[test]
fn nothing_but_a_bundle_is_replaced() {
    let scratch = Scratch::new("replace");
    let place = scratch.0.join("b");
    let mut files = BundleFiles::new("b");
    files.set("schema.sql", "CREATE TABLE t (a INT);");
    files.write(&place, Existing::Keep).unwrap();
    let refused = files.write(&place, Existing::Keep).unwrap_err().to_string();
    assert!(refused.contains("--force"), "{refused}");
    files.set("schema.sql", "CREATE TABLE u (a INT);");
    files.write(&place, Existing::Replace).unwrap();
    assert_eq!(BundleFiles::read(&place).unwrap().get("schema.sql"), Some("CREATE TABLE u (a INT);"));
    fs::write(place.join("diary.txt"), "mine").unwrap();
    let refused = files.write(&place, Existing::Replace).unwrap_err().to_string();
    assert!(refused.contains("diary.txt"), "{refused}");
    assert_eq!(fs::read(place.join("diary.txt")).unwrap(), b"mine");
}

#[test]
fn what_is_no_bundle_is_refused_with_its_name() {
    let scratch = Scratch::new("refused");
    let text = scratch.0.join("notes.txt");
    fs::write(&text, "hello, world").unwrap();
    assert!(BundleFiles::read(&text).unwrap_err().to_string().contains("notes.txt: is no bundle"));
    assert!(BundleFiles::read(&scratch.0.join("nowhere")).unwrap_err().to_string().contains("nowhere"));
    let cut = scratch.0.join("cut.tar.zst");
    BundleFiles::sample().write(&cut, Existing::Keep).unwrap();
    let bytes = fs::read(&cut).unwrap();
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    assert!(BundleFiles::read(&cut).is_err(), "a file that was cut off is no bundle");
}

#[test]
fn bundle_json_is_read_and_written() {
    let mut files = BundleFiles::new("b");
    assert_eq!(files.about().unwrap().format, 1);
    let about = About::new("myexplain 0.1.0");
    files.set_about(&about);
    assert_eq!(files.about().unwrap(), about);
    files.set(ABOUT_FILE, "{\"format\": 7,\n \"later\": [1]}");
    assert_eq!(files.about().unwrap().format, 7);
    files.set(ABOUT_FILE, "{\n\"format\": x}");
    assert!(files.about().unwrap_err().to_string().starts_with("b/bundle.json:2: "));
}
