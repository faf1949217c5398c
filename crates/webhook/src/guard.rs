//! Which addresses may be posted to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// Which addresses may be posted to: public ones, and those of networks that were allowed. Whoever may create webhooks may
/// not thereby send requests into the network that the server stands in.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    allowed: Vec<IpNet>,
}

impl Guard {
    /// Public addresses, and those of these networks.
    pub const fn new(allowed: Vec<IpNet>) -> Self {
        Self { allowed }
    }

    /// Whether this address may be posted to. An IPv4 address that is written as an IPv6 one is that IPv4 address.
    pub fn permits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || self.allowed.iter().any(|network| network.contains(&address))
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// By the IANA registry of special-purpose IPv4 addresses: what it does not call globally reachable is not public, and
/// neither is multicast.
const fn is_public_v4(address: Ipv4Addr) -> bool {
    !matches!(
        address.octets(),
        [0 | 10 | 127 | 224..=255, ..] // this network, private, loopback, multicast, reserved, broadcast
            | [100, 64..=127, ..] // shared by a provider's customers
            | [169, 254, ..] // link-local
            | [172, 16..=31, ..] // private
            | [192, 0, 0 | 2, _] // protocol assignments, documentation
            | [192, 88, 99, _] // 6to4 relays, gone
            | [192, 168, ..] // private
            | [198, 18 | 19, ..] // benchmarks
            | [198, 51, 100, _] // documentation
            | [203, 0, 113, _] // documentation
    )
}

/// Of IPv6 only what is given out as global unicast (2000::/3) is public, and there not what is for special purposes. An
/// address that a translator turns into an IPv4 one is as public as that one.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, third, fourth, fifth, sixth, seventh, eighth] = address.segments();
    match [first, second] {
        // NAT64
        [0x64, 0xff9b] if [third, fourth, fifth, sixth] == [0; 4] => is_public_v4(embedded(seventh, eighth)),
        // 6to4
        [0x2002, _] => is_public_v4(embedded(second, third)),
        // Teredo, benchmarks, ORCHID and other protocol assignments (2001::/23); documentation
        [0x2001, 0..=0x1ff | 0xdb8] | [0x3fff, 0..=0xfff] => false,
        _ => (0x2000..=0x3fff).contains(&first),
    }
}

fn embedded(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(high) << 16 | u32::from(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permits(allowed: &[&str], address: &str) -> bool {
        let allowed = allowed.iter().map(|network| network.parse().unwrap()).collect();
        Guard::new(allowed).permits(address.parse().unwrap())
    }

    /// First and last of every range that is not public, and their neighbours that are.
    #[test]
    fn what_is_not_public_is_not_posted_to() {
        for (first, last, before, after) in [
            ("0.0.0.0", "0.255.255.255", None, Some("1.0.0.0")),
            ("10.0.0.0", "10.255.255.255", Some("9.255.255.255"), Some("11.0.0.0")),
            ("100.64.0.0", "100.127.255.255", Some("100.63.255.255"), Some("100.128.0.0")),
            ("127.0.0.0", "127.255.255.255", Some("126.255.255.255"), Some("128.0.0.0")),
            ("169.254.0.0", "169.254.255.255", Some("169.253.255.255"), Some("169.255.0.0")),
            ("172.16.0.0", "172.31.255.255", Some("172.15.255.255"), Some("172.32.0.0")),
            ("192.0.0.0", "192.0.0.255", Some("191.255.255.255"), Some("192.0.1.0")),
            ("192.0.2.0", "192.0.2.255", Some("192.0.1.255"), Some("192.0.3.0")),
            ("192.88.99.0", "192.88.99.255", Some("192.88.98.255"), Some("192.88.100.0")),
            ("192.168.0.0", "192.168.255.255", Some("192.167.255.255"), Some("192.169.0.0")),
            ("198.18.0.0", "198.19.255.255", Some("198.17.255.255"), Some("198.20.0.0")),
            ("198.51.100.0", "198.51.100.255", Some("198.51.99.255"), Some("198.51.101.0")),
            ("203.0.113.0", "203.0.113.255", Some("203.0.112.255"), Some("203.0.114.0")),
            ("224.0.0.0", "255.255.255.255", Some("223.255.255.255"), None),
            // All below global unicast: unspecified, loopback, IPv4-compatible, local NAT64, discard.
            ("::", "0:ffff::", None, None),
            ("::1", "::7f00:1", None, None),
            ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", None, None),
            ("100::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None, None),
            ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", Some("2000:ffff::"), Some("2001:200::")),
            ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", Some("2001:db7::"), Some("2001:db9::")),
            ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", Some("3ffe:ffff::"), Some("3fff:1000::")),
            // All above it: segment routing, unique local, link-local, site-local, multicast.
            ("4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None, None),
            ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None, None),
            ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None, None),
            ("fec0::1", "ff02::1", None, None),
        ] {
            assert!(!permits(&[], first), "{first}");
            assert!(!permits(&[], last), "{last}");
            for public in [before, after].into_iter().flatten() {
                assert!(permits(&[], public), "{public}");
            }
        }
        for public in ["8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450::1", "3ffe::1"] {
            assert!(permits(&[], public), "{public}");
        }
    }

    #[test]
    fn an_ipv4_address_in_an_ipv6_one_is_what_counts() {
        for (embedded, public) in [
            ("::ffff:10.0.0.1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:169.254.169.254", false),
            ("::ffff:8.8.8.8", true),
            ("64:ff9b::10.0.0.1", false),
            ("64:ff9b::169.254.169.254", false),
            ("64:ff9b::8.8.8.8", true),
            // 6to4 of 10.0.0.1, 127.0.0.1, 192.168.0.1, 8.8.8.8.
            ("2002:a00:1::1", false),
            ("2002:7f00:1::", false),
            ("2002:c0a8:1::1", false),
            ("2002:808:808::1", true),
            // IPv4-compatible and IPv4-translated: neither is routed.
            ("::8.8.8.8", false),
            ("::ffff:0:8.8.8.8", false),
        ] {
            assert_eq!(permits(&[], embedded), public, "{embedded}");
        }
    }

    #[test]
    fn what_is_allowed_is_that_and_no_more() {
        let allowed = ["10.1.0.0/16", "127.0.0.1/32", "fd00:1::/64"];
        for (address, expected) in [
            ("10.1.255.255", true),
            ("10.2.0.0", false),
            ("127.0.0.1", true),
            ("127.0.0.2", false),
            ("::ffff:10.1.2.3", true),
            ("::ffff:10.2.2.3", false),
            ("fd00:1::ff", true),
            ("fd00:1:0:1::", false),
            ("64:ff9b::10.1.2.3", false),
            ("::1", false),
            ("8.8.8.8", true),
        ] {
            assert_eq!(permits(&allowed, address), expected, "{address}");
        }
    }

    /// Against the standard library's own words, where it has them.
    #[test]
    fn every_first_half_of_an_ipv4_address_agrees_with_what_is_known_of_it() {
        for high in 0..=u16::MAX {
            let address = Ipv4Addr::from(u32::from(high) << 16 | 0x0102);
            let special = address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_multicast()
                || address.octets()[0] == 0
                || address.octets()[0] >= 240
                || (address.octets()[0] == 100 && address.octets()[1] & 0xc0 == 64)
                || (address.octets()[0] == 198 && address.octets()[1] & 0xfe == 18);
            assert_eq!(permits(&[], &address.to_string()), !special, "{address}");
        }
    }
}
