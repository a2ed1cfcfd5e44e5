//! A wire that breaks after so many bytes from the server.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

pub struct Proxy {
    port: u16,
    bytes: Arc<AtomicUsize>,
}

impl Proxy {
    /// Listens, and hands on to `server` until `limit` bytes have come back.
    pub fn new(server: String, limit: Option<usize>) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let bytes = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&bytes);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(&server) else { return };
                let (from_client, to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                thread::spawn(move || hand_on(from_client, to_server, None, &AtomicUsize::new(0)));
                let counted = Arc::clone(&counted);
                thread::spawn(move || hand_on(server, client, limit, &counted));
            }
        });
        Proxy { port, bytes }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Bytes that came from the server.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::SeqCst)
    }
}

fn hand_on(mut from: TcpStream, mut to: TcpStream, limit: Option<usize>, counted: &AtomicUsize) {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        let before = counted.fetch_add(read, Ordering::SeqCst);
        let left = limit.map_or(read, |limit| limit.saturating_sub(before).min(read));
        if to.write_all(&buffer[..left]).is_err() || left < read {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
