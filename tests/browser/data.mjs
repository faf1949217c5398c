// Recorded calls, drawn from a seed: the same every time.

// mulberry32
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export const AGENTS = ["maple-2", "birch-1", "cedar-7", "oak mini", "поплар-3", "elm/latest", "ash&willow", "refund-bot"];

const FUNCTIONS = [
  ["helpdesk", "find_ticket"], ["helpdesk", "reply"], ["helpdesk", "close_ticket"], ["crm", "get_customer"],
  ["crm", "update_customer"], ["billing", "list_invoices"], ["billing", "refund"], ["files", "read"],
  ["files", "write"], ["calendar", "create_event"], ["mail", "send"], ["mail", "search"],
];

const WORDS = "invoice ticket charge plan duplicate meeting Zoë Brandvold quarterly report overdue please 請求書 refund shipped".split(" ");

// What a hostile agent would put in: markup, a text that turns round, one without a place to break.
const HOSTILE = [
  "<script>document.title='owned'</script>", "\"><img src=x onerror=alert(1)>", "\u202egnp.exe", "x".repeat(600), "{{ 7 * 7 }}",
];

// Every so many calls one has this word.
export const NEEDLE = { word: "needlework", every: 97 };

// Lines of `vidimus import` (docs/reference/import.md), oldest first.
export function calls(amount, seed = 7) {
  const draw = random(seed);
  const pick = (list) => list[Math.floor(draw() * list.length)];
  const lines = [];
  let conversation = 0;
  while (lines.length < amount) {
    conversation += 1;
    const model = pick(AGENTS);
    const length = 1 + Math.floor(draw() * 12);
    for (let seq = 0; seq < length && lines.length < amount; seq += 1) {
      const [suite, tool] = pick(FUNCTIONS);
      let text = draw() < 0.03 ? pick(HOSTILE) : Array.from({ length: 3 }, () => pick(WORDS)).join(" ");
      if (lines.length % NEEDLE.every === 0) text = `some ${NEEDLE.word} here`;
      const line = {
        source: "browser", suite, model, conversation: `talk-${conversation}`, seq, turn: Math.floor(seq / 2), tool,
        arguments: { number: Math.floor(draw() * 100000), text },
      };
      const ended = draw();
      if (ended < 0.08) line.error = "the tool did not answer in time";
      else if (ended < 0.12) line.executed = false;
      else if (ended < 0.9) line.result = { state: "done", note: pick(WORDS) };
      lines.push(line);
    }
  }
  return lines;
}
