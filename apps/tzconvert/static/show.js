// Asks the server for the answer in JSON, and puts it into the page without leaving it.
const form = document.querySelector("form");
const answerParts = ["src_location", "src_dt", "dst_location", "dst_dt", "second_dst_dt", "note"];
const fields = ["dt", "src", "dst", "body"];
let asking = new AbortController();

// As text, so that nothing in it is taken for markup.
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

async function ask(signal) {
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
  asking.abort(); // an older question whose answer would come late
  asking = new AbortController();
  const { signal } = asking;
  try {
    await ask(signal);
  } catch (error) {
    if (!signal.aborted) {
      showAnswer({});
      showError("body", "There is no answer from the server. Try again in a while.");
    }
  }
});
