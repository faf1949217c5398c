//! The bare route: axum, the same body in, a constant of the same size out, nothing in between.

use axum::{Json, Router, http::StatusCode, response::IntoResponse as _, routing::post};

/// `http_load bare ANSWER`: serves until it is killed.
pub(crate) async fn serve() {
    let answer: &'static str = std::env::args().nth(2).unwrap().leak();
    let constant = async move |Json(_): Json<serde_json::Value>| {
        (StatusCode::CREATED, [("content-type", "application/json")], answer).into_response()
    };
    let router = Router::new().route("/v1/executions", post(constant));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("listening on http://{}", listener.local_addr().unwrap());
    axum::serve(listener, router).await.unwrap();
}
