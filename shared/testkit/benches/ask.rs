//! What a warm question costs: `cargo bench -p testkit --bench ask -- $PWD/target/deploy/ask`.
//!
//! Starts the function as Lambda does, between stand-ins for the Runtime API and for DynamoDB that answer at once, and
//! asks it the same question thousands of times. CPU is what the function's own threads use, the kernel's share
//! included; time is from handing it the event to having its answer. Prints one line of JSON.

#![allow(clippy::disallowed_methods, reason = "measures time")]

use app::TenantScope;
use app::tenant::TenantConfig;
use domain::ids::TenantId;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use testkit::conformance::samples;

/// Questions that are not measured: connections, caches, allocator.
const WARMING: usize = 200;
/// Questions of one round.
const ROUND: usize = 500;
const ROUNDS: usize = 9;
const EVENT: &str = include_str!("../../../events/samples/ask/question.json");
const CUSTOMER: &str = "john.smith@example.com";

/// One HTTP request.
struct Request {
    line: String,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

fn read(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    if stream.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut headers = HashMap::new();
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).ok()?;
        match header.trim_end().split_once(':') {
            Some((name, value)) => headers.insert(name.to_ascii_lowercase(), value.trim().to_owned()),
            None => break,
        };
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(Request { line, headers, body })
}

fn write(stream: &mut BufReader<TcpStream>, status: &str, headers: &str, body: &str) {
    let text = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len());
    // A function that is gone reads no answer.
    let _gone = stream.get_mut().write_all(text.as_bytes());
}

/// Answers every connection of a port in a thread of its own.
fn serve(handle: impl Fn(&mut BufReader<TcpStream>, Request) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    let handle = Arc::new(handle);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let handle = handle.clone();
            stream.set_nodelay(true).expect("a socket");
            thread::spawn(move || {
                let mut stream = BufReader::new(stream);
                while let Some(request) = read(&mut stream) {
                    handle(&mut stream, request);
                }
            });
        }
    });
    port
}

/// The rows that a question reads.
struct Database {
    order: String,
    settings: String,
    calls: Mutex<HashMap<String, usize>>,
}

impl Database {
    fn new() -> Database {
        let scope = TenantScope::of_own_message(&TenantId::parse("demo").expect("a tenant"));
        let at = "2025-08-09T10:00:00Z".parse().expect("a time");
        let order = samples::placed_by(&scope, "1001", CUSTOMER, None, at).order;
        let settings = TenantConfig { version: 1, time_zone: "Europe/Warsaw".into(), ..TenantConfig::default() };
        Database {
            order: serde_json::to_string(&order).expect("an order"),
            settings: serde_json::to_string(&settings).expect("settings"),
            calls: Mutex::default(),
        }
    }

    fn answer(&self, request: &Request) -> String {
        let operation = request.headers.get("x-amz-target").and_then(|target| target.rsplit('.').next()).unwrap_or_default();
        *self.calls.lock().expect("calls").entry(operation.to_owned()).or_default() += 1;
        let asked: Value = serde_json::from_slice(&request.body).expect("JSON");
        let row = |key: &Value| match key["SK"]["S"].as_str().unwrap_or_default() {
            "HEAD" => json!({"PK": key["PK"], "SK": key["SK"], "doc": {"S": self.order}, "version": {"N": "1"}}),
            "CONFIG" => json!({"doc": {"S": self.settings}}),
            _ => Value::Null,
        };
        let answer = match operation {
            "GetItem" => match row(&asked["Key"]) {
                Value::Null => json!({}),
                row => json!({"Item": row}),
            },
            "BatchGetItem" => {
                let tables = asked["RequestItems"].as_object().expect("tables");
                let rows =
                    |of: &Value| of["Keys"].as_array().expect("keys").iter().map(row).filter(|row| !row.is_null()).collect::<Vec<_>>();
                let found: serde_json::Map<String, Value> = tables.iter().map(|(name, of)| (name.clone(), rows(of).into())).collect();
                json!({"Responses": found, "UnprocessedKeys": {}})
            }
            "UpdateItem" => json!({"Attributes": {"used": {"N": "1"}, "ends": {"S": "2099-01-01T00:00:00.000000000Z"}}}),
            other => panic!("a question needs no {other}"),
        };
        answer.to_string()
    }
}

/// Lambda's side: events on demand, and what became of each.
struct Runtime {
    port: u16,
    events: Sender<()>,
    answers: Receiver<(Duration, Value)>,
}

fn runtime() -> Runtime {
    let (events, wanted) = channel::<()>();
    let (answered, answers) = channel();
    let wanted = Mutex::new(wanted);
    let handed: Mutex<Instant> = Mutex::new(Instant::now());
    let port = serve(move |stream, request| {
        if request.line.starts_with("GET") {
            if wanted.lock().expect("one at a time").recv().is_err() {
                return;
            }
            let headers = "lambda-runtime-aws-request-id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\nlambda-runtime-deadline-ms: 4102444800000\r\n\
                lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-central-1:123456789012:function:ask\r\n\
                lambda-runtime-trace-id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1\r\n";
            write(stream, "200 OK", headers, EVENT);
            *handed.lock().expect("time") = Instant::now();
        } else {
            let took = handed.lock().expect("time").elapsed();
            write(stream, "202 Accepted", "", "");
            let answer = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
            answered.send((took, answer)).expect("somebody waits");
        }
    });
    Runtime { port, events, answers }
}

/// Stops the function when the benchmark ends, however it ends.
struct Function(Child);

impl Drop for Function {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _ended = self.0.wait();
    }
}

impl Function {
    fn start(binary: &Path, runtime: u16, database: u16) -> Function {
        let mut command = Command::new(binary);
        command
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", format!("127.0.0.1:{runtime}"))
            .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{database}"))
            .env("TABLE_ORDERS", "orderflow-orders")
            .env("TABLE_OPS", "orderflow-ops");
        for (name, value) in [
            ("AWS_LAMBDA_FUNCTION_NAME", "ask"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "bench"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_SESSION_TOKEN", "test"),
            ("_HANDLER", "bootstrap"),
        ] {
            command.env(name, value);
        }
        Function(command.stdout(Stdio::null()).spawn().expect("the function starts"))
    }

    /// CPU of all its threads so far.
    fn cpu(&self) -> Duration {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.0.id())).expect("it runs");
        let of = |task: std::fs::DirEntry| -> Option<u64> {
            std::fs::read_to_string(task.path().join("schedstat")).ok()?.split_whitespace().next()?.parse().ok()
        };
        Duration::from_nanos(tasks.flatten().filter_map(of).sum())
    }
}

fn ask(runtime: &Runtime) -> Duration {
    runtime.events.send(()).expect("the runtime listens");
    let (took, answer) = runtime.answers.recv_timeout(Duration::from_secs(30)).expect("an answer in time");
    assert_eq!(answer["statusCode"], 200, "{answer}");
    assert!(answer["body"].as_str().is_some_and(|body| body.contains("\"order_id\":\"1001\"")), "{answer}");
    took
}

fn main() {
    let binary = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).map(PathBuf::from);
    let Some(binary) = binary.filter(|binary| binary.is_file()) else {
        println!("say which binary: cargo bench -p testkit --bench ask -- $PWD/target/deploy/ask");
        return;
    };
    let database = Arc::new(Database::new());
    let port = serve({
        let database = database.clone();
        move |stream, request| {
            let answer = database.answer(&request);
            write(stream, "200 OK", "", &answer);
        }
    });
    let runtime = runtime();
    let function = Function::start(&binary, runtime.port, port);
    for _ in 0..WARMING {
        ask(&runtime);
    }
    database.calls.lock().expect("calls").clear();
    let (mut cpu, mut took) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let before = function.cpu();
        took.extend((0..ROUND).map(|_| ask(&runtime)));
        thread::sleep(Duration::from_millis(5));
        cpu.push((function.cpu() - before) / ROUND as u32);
    }
    took.sort_unstable();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let a_question = |count: &usize| *count as f64 / (ROUND * ROUNDS) as f64;
    let calls: HashMap<String, f64> =
        database.calls.lock().expect("calls").iter().map(|(name, count)| (name.clone(), a_question(count))).collect();
    // The best round: neighbours on the machine only ever add.
    println!("{}", json!({"cpu_ms": cpu.iter().min().map(|best| ms(*best)), "p50_ms": ms(took[took.len() / 2]), "calls": calls}));
}
