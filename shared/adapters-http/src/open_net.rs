//! The open net: where addresses may lead that somebody else has chosen.

use crate::client::Client;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// May we call it? On the open net, or at a double's, if there is one.
pub(crate) fn may_call(address: &str, url: &Url, double: Option<&str>) -> bool {
    double.is_some_and(|base| address.starts_with(&format!("{base}/"))) || is_open(url)
}

/// A client that calls nothing but the open net, or anything, where there is a double.
pub(crate) fn guarded(timeout: Duration, double: Option<&str>) -> Client {
    let client = Client::new(timeout);
    if double.is_some() { client } else { client.resolving(Arc::new(OpenNet)) }
}

/// By TLS, without a password, and not a number of a closed net. Names are looked at when they are resolved.
pub(crate) fn is_open(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let is_number = host.parse::<IpAddr>().ok();
    url.scheme() == "https" && url.username().is_empty() && url.password().is_none() && !host.is_empty() && is_number.is_none_or(is_public)
}

/// Resolves names to numbers of the open net only.
pub(crate) struct OpenNet;

impl Resolve for OpenNet {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let open: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if open.is_empty() {
                return Err("it leads to no address of the open net".into());
            }
            Ok(Box::new(open.into_iter()) as Addrs)
        })
    }
}

/// Is it a number of the open net? (IANA's special-purpose registries say which are not.)
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => match ip.to_ipv4_mapped().or_else(|| embedded(ip)) {
            Some(inside) => is_public_v4(inside),
            // 2000::/3 is all that is given out; of it 2001::/23 and 2001:db8::/32 are for purposes of their own.
            None => {
                let [first, second, ..] = ip.segments();
                first & 0xE000 == 0x2000 && !(first == 0x2001 && (second < 0x0200 || second == 0x0DB8))
            }
        },
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let is_special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || a == 0
        || a >= 224
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b));
    !is_special
}

/// The number inside one that is translated: 64:ff9b::/96 and 2002::/16.
fn embedded(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let four = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match ip.segments() {
        [0x64, 0xFF9B, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => Some(four(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_of_this_machine_leads_nowhere() {
        assert!(OpenNet.resolve("localhost".parse().unwrap()).await.is_err());
    }

    #[test]
    fn which_numbers_are_public() {
        for open in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2002:808:808::1"] {
            assert!(is_public(open.parse().unwrap()), "{open}");
        }
        for closed in [
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "fe80::1",
            "2001:db8::1",
            "2002:a00:1::",
        ] {
            assert!(!is_public(closed.parse().unwrap()), "{closed}");
        }
    }
}
