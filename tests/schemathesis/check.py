"""Holds the served API against two documents: the public one of the submit endpoint, and our own.

Usage: check.py VIDIMUS-BINARY

Starts the server on a data directory of its own, checks both documents by themselves and against each other, and then
sends the server what they allow and what they do not. Exit code 0: nothing was found.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

import openapi_spec_validator
import yaml

HERE = pathlib.Path(__file__).resolve().parent
PUBLIC = HERE.parent / "fixtures" / "submit-tool-execution.openapi.yaml"
SUBMIT = "/v1/agents/{agent_id}/calls/{call_id}/tool-executions"
KNOWN = "550e8400-e29b-41d4-a716-446655440000"
EXAMPLES = os.environ.get("VIDIMUS_SCHEMATHESIS_EXAMPLES", "500")
SEED = os.environ.get("VIDIMUS_SCHEMATHESIS_SEED", "1")


def resolved(document, node):
    """The node that a reference leads to."""
    while "$ref" in node:
        target = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def shape(document, schema):
    """What a schema allows, in one form for OpenAPI 3.0 (`nullable`) and 3.1 (`null` among the types)."""
    schema = resolved(document, schema)
    nullable = schema.get("nullable", False)
    types = schema.get("type", [])
    types = {types} if isinstance(types, str) else set(types)
    if types:
        types |= {"null"} if nullable else set()
    kept = ("enum", "format", "minLength", "maxLength", "minimum", "maximum", "pattern", "required")
    found = {"types": sorted(types)}
    for name in kept:
        if name in schema:
            found[name] = sorted(schema[name]) if isinstance(schema[name], list) else schema[name]
    if "properties" in schema:
        found["properties"] = {name: shape(document, inner) for name, inner in schema["properties"].items()}
        found["additionalProperties"] = schema.get("additionalProperties", True)
    return found


def submit_shape(document):
    """Everything of the submit operation that a client relies on."""
    path = document["paths"][SUBMIT]
    operation = path["post"]
    parameters = [resolved(document, one) for one in path.get("parameters", []) + operation.get("parameters", [])]
    body = operation["requestBody"]["content"]
    return {
        "id": operation["operationId"],
        "summary": operation["summary"],
        "path": {one["name"]: shape(document, one["schema"]) for one in parameters if one["in"] == "path"},
        "media types": sorted(body),
        "body": shape(document, body["application/json"]["schema"]),
        "body required": operation["requestBody"]["required"],
        "responses": {
            status: sorted(resolved(document, response).get("content", {}))
            for status, response in operation["responses"].items()
        },
    }


def compare(public, own):
    """Ours may have more answers (a header of ours has one, and what stands in front); all else is the same."""
    public, own = submit_shape(public), submit_shape(own)
    more = set(own["responses"]) - set(public["responses"])
    if more != {"409", "default"}:
        raise SystemExit(f"the submit endpoint has other answers than the public document: {sorted(more)}")
    for status in more:
        del own["responses"][status]
    if public != own:
        raise SystemExit(f"the submit endpoint is not as the public document has it:\n{public}\n{own}")


def start(binary, data):
    """A server with a key that has every role: process, address, key."""
    roles = [word for role in ("agent", "approver", "auditor", "admin") for word in ("--role", role)]
    create = [binary, "key", "create", "--data", data, "--tenant", "schemathesis", "--output", "json", *roles]
    key = json.loads(subprocess.run(create, check=True, capture_output=True, text=True).stdout)["secret"]
    serve = [binary, "serve", "--data", data, "--listen", "127.0.0.1:0", "--rate-limit", "off"]
    log = open(os.path.join(data, "..", "server.log"), "w", encoding="utf-8")
    server = subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=log, text=True)
    said = server.stdout.readline()
    address = re.search(r"http://127\.0\.0\.1:\d+", said)
    if address is None:
        server.kill()
        raise SystemExit(f"the server does not say where it listens: {said!r}")
    return server, address[0], key


def request(method, url, key):
    sent = urllib.request.Request(url, method=method, headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(sent, timeout=10) as answer:
        return answer.read()


def schemathesis(name, document, url, key, folder, *more):
    """Starts one run; its output goes to a file."""
    config = str(HERE / "schemathesis.toml")
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", config, "--no-color", "run", str(document)),
        *("--url", url, "--header", f"Authorization: Bearer {key}", "--checks", "all", "--seed", SEED),
        *("--max-examples", EXAMPLES, "--continue-on-failure", *more),
    ]
    output = open(folder / f"{name}.txt", "w", encoding="utf-8")
    # It leaves files where it runs.
    place = folder / name
    place.mkdir()
    return name, time.monotonic(), subprocess.Popen(command, cwd=place, stdout=output, stderr=subprocess.STDOUT)


def finish(folder, runs):
    """Waits for all runs; shows how each ended, and all of one that found something."""
    failed = False
    for name, began, run in runs:
        code = run.wait()
        text = (folder / f"{name}.txt").read_text(encoding="utf-8")
        cases = re.search(r"Test cases:\n\s+(.*)", text)
        print(f"{name}: {cases[1] if cases else text} ({time.monotonic() - began:.0f} s)", flush=True)
        if code != 0:
            failed = True
            print("\n".join(line[:2000] for line in text.splitlines()), flush=True)
    return failed


def main(binary):
    public = yaml.safe_load(PUBLIC.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="vidimus-schemathesis-") as folder:
        folder = pathlib.Path(folder)
        server, url, key = start(binary, str(folder / "data"))
        try:
            own = json.loads(request("GET", f"{url}/openapi.json", key))
            for document in (public, own):
                openapi_spec_validator.validate(document)
            compare(public, own)
            request("PUT", f"{url}/v1/agents/{KNOWN}", key)
            request("PUT", f"{url}/v1/agents/{KNOWN}/calls/{KNOWN}", key)
            (folder / "openapi.json").write_text(json.dumps(own), encoding="utf-8")
            failed = check(folder, url, key)
            if server.poll() is not None:
                raise SystemExit(f"the server ended with {server.returncode}")
        finally:
            server.terminate()
            server.wait(30)
        said = [line for line in (folder / "server.log").read_text(encoding="utf-8").splitlines() if " ERROR " in line]
        if said:
            raise SystemExit("the server logged errors:\n" + "\n".join(said[:20]))
    if failed:
        raise SystemExit("schemathesis found something: see above")


def check(folder, url, key):
    own = folder / "openapi.json"
    stream = "streamNotifications"
    # What waits for a stream's next event leaves the processor to the others.
    runs = [
        schemathesis("stream", own, url, key, folder, "--include-operation-id", stream),
        schemathesis("public", PUBLIC, url, key, folder),
        schemathesis("own", own, url, key, folder, "--exclude-operation-id", stream),
    ]
    return finish(folder, runs)


if __name__ == "__main__":
    main(*sys.argv[1:])
