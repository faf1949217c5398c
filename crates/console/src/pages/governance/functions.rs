//! Connections, their functions, and the access switch of each.

use askama::Template;
use axum::{
    Router,
    extract::Path,
    http::{Method, StatusCode},
    response::Response,
    routing::{get, post},
};
use serde::Serialize;
use vidimus_api_types::{Access, Connection, Description, FunctionAccess, Page};

use super::{Around, Section, Visitor};
use crate::{
    Console,
    ask::Refused,
    fields::{Fields, Posted, Query, part, query},
    frame::{Broken, Frame, page_with, see},
    words,
};

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/console/governance/functions", get(list))
        .route("/console/governance/functions/{function}", post(set))
}

/// Functions of a page.
const AT_A_TIME: &str = "100";

const ACCESS: [Access; 3] = [Access::Disabled, Access::Enabled, Access::EnabledWithConfirmation];

/// A connection and those of its functions that are on this page.
struct Group {
    name: String,
    /// What the catalogue says of it.
    about: Option<Connection>,
    functions: Vec<Function>,
}

struct Function {
    /// With the connection.
    name: String,
    own_name: String,
    access: &'static str,
    access_class: &'static str,
    /// The switch: values, and which is set.
    choices: Vec<(&'static str, bool)>,
    description: Option<Described>,
}

struct Described {
    purpose: String,
    kind: &'static str,
    risk: &'static str,
    effect: &'static str,
    owner: Option<String>,
    schema: Option<String>,
    sensitive: String,
    /// What else the catalogue asks for: name, value.
    asked: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "governance/functions.html")]
struct Functions {
    frame: Frame,
    nav: super::Nav,
    is_admin: bool,
    groups: Vec<Group>,
    /// Where this page began, so that a changed function is found again on it.
    cursor: String,
    next: Option<String>,
}

/// What a switch sends.
#[derive(Serialize)]
struct Switch<'a> {
    access: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

async fn list(visitor: Visitor, Query(asked): Query) -> Result<Response, Broken> {
    show(&visitor, &asked, None).await
}

async fn set(Path(function): Path<String>, posted: Posted) -> Result<Response, Broken> {
    let Posted { visitor, fields } = posted;
    let path = format!("/v1/functions/{}", part(&function));
    let body = Switch { access: fields.get("access").unwrap_or_default(), reason: fields.get("reason") };
    let answer: Result<FunctionAccess, _> = visitor.ask().send_json(Method::PUT, &path, &body).await;
    match answer {
        Ok(set) => {
            let mut pairs = vec![("done", "access")];
            pairs.extend(fields.get("cursor").map(|cursor| ("cursor", cursor)));
            let query = query(&pairs);
            Ok(see(&format!("/console/governance/functions?{query}#{}", set.function)))
        }
        Err(refused) => show(&visitor, &fields, Some(refused)).await,
    }
}

async fn show(visitor: &Visitor, asked: &Fields, refused: Option<Refused>) -> Result<Response, Broken> {
    let around = Around::new(visitor, Section::Functions, asked, refused.as_ref());
    let ask = visitor.ask();
    let mut wanted = vec![("limit", AT_A_TIME)];
    wanted.extend(asked.get("cursor").map(|cursor| ("cursor", cursor)));
    let page: Page<FunctionAccess> =
        ask.get("/v1/functions", &wanted).await.map_err(|refused| visitor.broken(refused))?;
    let mut groups = groups(&page.items);
    for group in &mut groups {
        let path = format!("/v1/connections/{}", part(&group.name));
        group.about = match ask.get(&path, &[]).await {
            Ok(connection) => Some(connection),
            // The catalogue says nothing of it.
            Err(refused) if refused.status == StatusCode::NOT_FOUND => None,
            Err(refused) => return Err(visitor.broken(refused)),
        };
    }
    let template = Functions {
        frame: around.frame,
        nav: around.nav,
        is_admin: around.is_admin,
        groups,
        cursor: asked.get("cursor").unwrap_or_default().to_owned(),
        next: page.next.map(|next| query(&[("cursor", &next)])),
    };
    page_with(around.status, &template)
}

/// The functions by their connection; they come in the order of their names, which begin with it.
fn groups(functions: &[FunctionAccess]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for function in functions {
        let (own_name, connection) = words::function(&function.function);
        if groups.last().is_none_or(|group| group.name != connection) {
            groups.push(Group { name: connection.to_owned(), about: None, functions: Vec::new() });
        }
        if let Some(group) = groups.last_mut() {
            group.functions.push(Function::of(function, own_name));
        }
    }
    groups
}

impl Function {
    fn of(function: &FunctionAccess, own_name: &str) -> Self {
        let now = function.access;
        let choices = ACCESS.into_iter().map(|access| (access.as_str(), now == Some(access)));
        Self {
            name: function.function.to_string(),
            own_name: own_name.to_owned(),
            access: now.map_or("never set: blocked", Access::as_str),
            access_class: match now {
                Some(Access::Enabled) => "success",
                Some(Access::EnabledWithConfirmation) => "waiting",
                Some(Access::Disabled) | None => "quiet",
            },
            choices: choices.collect(),
            description: function.description.as_ref().map(described),
        }
    }
}

fn described(of: &Description) -> Described {
    let listed = |name, values: &[String]| (!values.is_empty()).then(|| (name, values.join(", ")));
    let age = of.max_data_age_seconds.map(|seconds| {
        let micros = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000);
        ("Data at most as old as", words::duration(micros))
    });
    let asked = [
        listed("Scopes of the agent", &of.scopes),
        listed("Circumstances to be told", &of.required_context),
        age,
        of.intended_use_required.then(|| ("Intended use", "has to be told".to_owned())),
        of.amount.as_ref().map(|pointer| ("Argument that is the amount", pointer.clone())),
        Some(("Results", of.results.as_str().to_owned())),
    ];
    Described {
        purpose: of.purpose.clone(),
        kind: of.tool_type.as_str(),
        risk: of.risk.as_str(),
        effect: of.effect.as_str(),
        owner: of.owner.clone(),
        schema: of.arguments_schema.as_ref().map(words::pretty),
        sensitive: of.sensitive.join(", "),
        asked: asked.into_iter().flatten().collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use vidimus_api_types::Role;

    use super::*;
    use crate::frame::Tab;

    fn function(name: &str, access: Value, description: Value) -> FunctionAccess {
        let function = json!({"function": name, "access": access, "description": description, "position": 3});
        serde_json::from_value(function).unwrap()
    }

    fn hostile() -> Value {
        json!({
            "purpose": "<script>alert(1)</script>", "tool_type": "action", "effect": "send", "risk": "high",
            "results": "untrusted", "arguments_schema": {"title": "</pre><img src=x>"}, "scopes": ["mail"],
            "sensitive": ["<b>password</b>"], "required_context": [], "max_data_age_seconds": 7200,
            "intended_use_required": true, "owner": "\"><i>", "amount": "/sum",
        })
    }

    #[test]
    fn functions_are_grouped_by_their_connection() {
        let functions = [
            function("bank.balance", json!("Enabled"), Value::Null),
            function("bank.transfer", json!("EnabledWithConfirmation"), Value::Null),
            function("mail.send", Value::Null, hostile()),
        ];
        let groups = groups(&functions);
        let names = groups.iter().map(|group| {
            let functions: Vec<_> =
                group.functions.iter().map(|function| function.own_name.as_str()).collect();
            (group.name.as_str(), functions)
        });
        let names: Vec<_> = names.collect();
        assert_eq!(names, [("bank", vec!["balance", "transfer"]), ("mail", vec!["send"])]);
        let transfer = &groups[0].functions[1];
        assert_eq!((transfer.access, transfer.access_class), ("EnabledWithConfirmation", "waiting"));
        let chosen: Vec<_> = transfer.choices.iter().filter(|(_, chosen)| *chosen).collect();
        assert_eq!(chosen, [&("EnabledWithConfirmation", true)]);
        let send = &groups[1].functions[0];
        assert_eq!(
            (send.access, send.choices.iter().any(|(_, chosen)| *chosen)),
            ("never set: blocked", false)
        );
        let asked = send.description.as_ref().unwrap().asked.iter().map(|(_, value)| value.as_str());
        assert_eq!(asked.collect::<Vec<_>>(), ["mail", "2 h 0 min", "has to be told", "/sum", "untrusted"]);
    }

    #[test]
    fn what_the_catalogue_says_is_text() {
        let page = Functions {
            frame: Frame::new("Connections", Tab::Governance, None),
            nav: super::super::nav(&[Role::Admin], Section::Functions),
            is_admin: true,
            groups: groups(&[function("mail.send", json!("Enabled"), hostile())]),
            cursor: String::new(),
            next: None,
        };
        let html = page.render().unwrap();
        for hostile in ["<script>alert", "<img", "<b>password", "<i>"] {
            assert!(!html.contains(hostile), "{hostile}");
        }
        assert!(html.contains("&#60;b&#62;password"), "{html}");
        assert!(html.contains("action=\"/console/governance/functions/mail.send\""));
    }
}
