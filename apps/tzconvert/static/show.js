// Requests the answer as JSON, and shows it on the page without leaving it.
const form = document.querySelector("form");
const answerParts = ["src_location", "src_dt", "dst_location", "dst_dt", "second_dst_dt", "note"];
const fields = ["dt", "src", "dst", "body"];
let controller = new AbortController();

// Sets text, not HTML, so that markup has no effect.
function write(id, text) {
  document.getElementById(id).textContent = text ?? "";
}

function showAnswer(answer) {
  for (const part of answerParts) {
    write(part, answer[part]?.text ?? answer[part]);
  }
}

function showError(field, error) {
  for (const each of fields) {
    write(`${each}_error`, each === field ? error : "");
    document.getElementById(each)?.setAttribute("aria-invalid", each === field);
  }
  document.getElementById(field)?.focus();
}

async function requestAnswer(signal) {
  const response = await fetch(form.action, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(Object.fromEntries(new FormData(form))),
    signal,
  });
  const result = await response.json();
  showAnswer(response.ok ? result : {});
  showError(result.field, result.error);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  controller.abort(); // cancel the previous request: its answer is outdated
  controller = new AbortController();
  const { signal } = controller;
  try {
    await requestAnswer(signal);
  } catch (error) {
    if (!signal.aborted) {
      showAnswer({});
      showError("body", "The server does not respond. Try again later.");
    }
  }
});
