use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::json;
use vidimus_api_types::Jwk;

use super::*;

const NOW: i64 = 1_700_000_000;

fn signing_key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn jwk(key: &SigningKey, kid: &str) -> Jwk {
    Jwk {
        kty: "OKP".to_owned(),
        crv: Some("Ed25519".to_owned()),
        x: Some(BASE64.encode(key.verifying_key().as_bytes())),
        kid: Some(kid.to_owned()),
        alg: Some("EdDSA".to_owned()),
        key_use: Some("sig".to_owned()),
    }
}

fn verifier() -> PermitVerifier {
    PermitVerifier::from_jwks(&JwkSet { keys: vec![jwk(&signing_key(1), "k1")] }).unwrap()
}

fn arguments() -> Value {
    json!({"to": "kim@example.com", "amount": 100})
}

fn header() -> Value {
    json!({"alg": "EdDSA", "kid": "k1", "typ": "vidimus-permit+jwt"})
}

fn claims() -> Value {
    json!({
        "iss": "vidimus",
        "sub": "agent:assistant",
        "tenant": "acme",
        "jti": "01890000-0000-7000-8000-000000000001",
        "execution_id": "01890000-0000-7000-8000-000000000002",
        "function": "crm.send_offer",
        "arguments_sha256": arguments_digest(&arguments()).unwrap().to_string(),
        "policy_set": "ab",
        "iat": NOW,
        "nbf": NOW,
        "exp": NOW + 60,
    })
}

fn sign(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let signed = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()));
    let signature = key.sign(signed.as_bytes());
    format!("{signed}.{}", BASE64.encode(signature.to_bytes()))
}

fn token() -> String {
    sign(&signing_key(1), &header(), &claims())
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

fn verify_at(token: &str, arguments: &Value, now: Timestamp) -> Result<VerifiedPermit, PermitError> {
    let (tenant, function) = ("acme".parse().unwrap(), "crm.send_offer".parse().unwrap());
    let arguments = CalledWith::Arguments(arguments);
    verifier().verify(token, &Expected { tenant: &tenant, function: &function, arguments, now })
}

fn code(token: &str) -> &'static str {
    verify_at(token, &arguments(), at(NOW)).unwrap_err().code()
}

#[test]
fn a_good_permit_says_what_may_run() {
    // The order of the members is nobody's concern.
    let arguments: Value = serde_json::from_str(r#"{"amount": 100.0, "to": "kim@example.com"}"#).unwrap();
    let permit = verify_at(&token(), &arguments, at(NOW)).unwrap();
    assert_eq!(permit.permit_id.as_u128() & 0xf, 1);
    assert_eq!(permit.execution_id.as_u128() & 0xf, 2);
    assert_eq!((permit.tenant.as_str(), permit.agent.as_str()), ("acme", "assistant"));
    assert_eq!((permit.function.as_str(), permit.policy_set.as_deref()), ("crm.send_offer", Some("ab")));
    assert_eq!((permit.issued_at, permit.expires_at), (at(NOW), at(NOW + 60)));
    let by_digest = CalledWith::Digest(permit.arguments_digest);
    let expected =
        Expected { tenant: &permit.tenant, function: &permit.function, arguments: by_digest, now: at(NOW) };
    assert_eq!(verifier().verify(&token(), &expected).unwrap(), permit);
}

#[test]
fn its_time_begins_and_ends() {
    let code = |now| verify_at(&token(), &arguments(), now).map(drop).map_err(|error| error.code());
    let micro = |at: Timestamp, by: i64| Timestamp::from_micros(at.as_micros() + by);
    // A clock may be a little behind.
    assert_eq!(code(micro(at(NOW - 5), -1)), Err("not_yet"));
    assert_eq!(code(at(NOW - 5)), Ok(()));
    assert_eq!(code(at(NOW)), Ok(()));
    assert_eq!(code(micro(at(NOW + 60), -1)), Ok(()));
    assert_eq!(code(at(NOW + 60)), Err("expired"));
}

#[test]
fn it_is_for_one_tenant_function_and_arguments() {
    let with = |tenant: &str, function: &str, arguments: Value| {
        let (tenant, function) = (tenant.parse().unwrap(), function.parse().unwrap());
        let arguments = CalledWith::Arguments(&arguments);
        let expected = Expected { tenant: &tenant, function: &function, arguments, now: at(NOW) };
        verifier().verify(&token(), &expected).map(drop).map_err(|error| error.code())
    };
    assert_eq!(with("acme", "crm.send_offer", arguments()), Ok(()));
    assert_eq!(with("globex", "crm.send_offer", arguments()), Err("other_tenant"));
    assert_eq!(with("acme", "crm.send_offers", arguments()), Err("other_function"));
    for other in [json!({}), json!({"to": "kim@example.com", "amount": 101})] {
        assert_eq!(with("acme", "crm.send_offer", other), Err("other_arguments"));
    }
    for none in [json!([]), json!({"amount": 9_007_199_254_740_992_u64}), json!({"amount": 1e300})] {
        assert_eq!(with("acme", "crm.send_offer", none), Err("arguments_invalid"));
    }
}

#[test]
fn a_signature_is_over_every_byte_and_of_a_known_key() {
    let good = token();
    for index in 0..good.len() {
        let mut bytes = good.clone().into_bytes();
        bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        let code = code(&changed);
        assert!(matches!(code, "bad_signature" | "malformed" | "unknown_key"), "{index}: {code}");
    }
    assert_eq!(code(&sign(&signing_key(2), &header(), &claims())), "bad_signature");
    let mut other = header();
    other["kid"] = json!("k2");
    assert_eq!(code(&sign(&signing_key(1), &other, &claims())), "unknown_key");
}

#[test]
fn what_it_says_of_itself_chooses_nothing() {
    for (name, value) in [
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("alg", json!("eddsa")),
        ("typ", json!("JWT")),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("crit", json!(null)),
        ("kid", json!(null)),
    ] {
        let mut changed = header();
        changed[name] = value.clone();
        assert_eq!(code(&sign(&signing_key(1), &changed, &claims())), "malformed", "{name} {value}");
    }
    for (name, value) in [
        ("iss", json!("somebody")),
        ("sub", json!("user:rita")),
        ("tenant", json!("")),
        ("jti", json!("1")),
        ("function", json!("none")),
        ("arguments_sha256", json!("00")),
        ("exp", json!("soon")),
        ("exp", json!(1e300)),
        ("exp", json!(i64::MAX)),
        ("iat", json!(-1)),
        ("nbf", json!(null)),
    ] {
        let mut changed = claims();
        changed[name] = value.clone();
        assert_eq!(code(&sign(&signing_key(1), &header(), &changed)), "malformed", "{name} {value}");
    }
    let good = token();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let long = format!("{signed}.{}", "A".repeat(10_000));
    for text in ["", ".", "..", signed, &format!("{good}."), &format!("{signed}.{signature}="), &long] {
        assert_eq!(code(text), "malformed", "{text}");
    }
}

#[test]
fn a_set_of_keys_has_one_that_can_be_used() {
    let of =
        |keys: Vec<Jwk>| PermitVerifier::from_jwks(&JwkSet { keys }).map(drop).map_err(|error| error.code());
    let good = jwk(&signing_key(1), "k1");
    let rsa = Jwk { kty: "RSA".to_owned(), crv: None, x: None, ..good.clone() };
    let weak = Jwk { x: Some(BASE64.encode([0; 32])), ..good.clone() };
    let short = Jwk { x: Some(BASE64.encode([1; 31])), ..good.clone() };
    let nameless = Jwk { kid: None, ..good.clone() };
    assert_eq!(of(vec![rsa.clone(), nameless.clone(), good.clone()]), Ok(()));
    let many = (0..65).map(|index| jwk(&signing_key(1), &index.to_string())).collect();
    for keys in [vec![], vec![rsa, nameless], vec![weak], vec![short], vec![good.clone(), good], many] {
        assert_eq!(of(keys), Err("permit_keys_invalid"));
    }
}
