import { useState } from "preact/hooks";
import type { Project } from "../src/api";
import { useChange, useResource } from "../src/resource";
import { useSay } from "../src/texts";

/** Says that a version is good enough for others to build on, with a reason for the history. */
export function StageButton({ version }: { version: string }) {
  const say = useSay();
  const project = useResource<Project>("api/project");
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const [asked, stage] = useChange("api/stages");
  if (project.state !== "ready" || !project.value.mayChange) return null;
  if (!open) return <button type="button" class="small" onClick={() => setOpen(true)}>{say("page.stage.do")}</button>;
  return (
    <form
      class="inline"
      onSubmit={e => {
        e.preventDefault();
        void stage({ versions: [version], reason });
      }}
    >
      <label>
        {say("page.reason")}{" "}
        <input
          value={reason}
          maxLength={500}
          onInput={e => setReason(e.currentTarget.value)}
          ref={i => {
            if (i && reason === "" && asked.state === "idle") i.focus();
          }}
        />
      </label>
      <button type="submit" class="main small" disabled={asked.state === "asking"}>
        {say("page.stage.do")}
      </button>
      <button type="button" class="small" onClick={() => setOpen(false)}>
        {say("page.cancel")}
      </button>
      {asked.state === "failed" && (
        <span role="alert" class="bad">
          {asked.reason}
        </span>
      )}
    </form>
  );
}
