//! Addresses of a shop's own services.

/// Is it an address of the shop's that can be called? A name of this machine's is for trying it out; whoever calls refuses it elsewhere.
pub(super) fn is_address(url: &str) -> bool {
    let ours = url.starts_with("http://localhost:") && url.bytes().all(|b| b.is_ascii_graphic());
    url.len() <= 500 && (ours || domain::webhook::is_callable(url))
}

/// An address without its path: who is spoken to.
pub(super) fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    url[host..].find('/').map_or(url, |end| &url[..host + end])
}
