import { render } from "preact";
import { z } from "zod";
import { createApi } from "./api/create-api.ts";
import { newKey } from "./api/new-key.ts";
import { createSession } from "./api/session.ts";
import { Page } from "./page.tsx";
import { sendFilesTo } from "./tracks/send-file.ts";
import { createUploads } from "./tracks/uploads.ts";
import "./styles/colours.css";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/reference.css";
import "./styles/search.css";
import "./styles/tracks.css";
import "./styles/track.css";
import "./styles/heard.css";
import "./styles/fleet.css";

// Schemas would make themselves faster by code that is made of text, which the page's policy does not let run.
z.config({ jitless: true });

const api = createApi({
  baseUrl: new URL(".", document.baseURI).href,
  session: createSession(sessionStorage),
  fetch: (url, init) => fetch(url, init),
});
const uploads = createUploads({
  send: sendFilesTo(api),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  newKey,
});
const root = document.querySelector("#page");
if (root) render(<Page api={api} uploads={uploads} />, root);
