import { useState } from "preact/hooks";
import type { RunLine } from "../src/api";
import { useChange } from "../src/resource";
import { useSay } from "../src/texts";

/** Cancels the making a run belongs to, after saying what goes with it. */
export function CancelRun({ id }: { id: string }) {
  const say = useSay();
  const [sure, setSure] = useState(false);
  const [asked, cancel] = useChange<RunLine>(`api/runs/${encodeURIComponent(id)}/cancel`);
  if (asked.state === "asking" || asked.state === "done") return <p role="status" class="quiet">{say("page.run.cancelling")}</p>;
  return (
    <div class="make">
      {!sure ? <button type="button" onClick={() => setSure(true)}>{say("page.run.cancel")}</button> : (
        <>
          <span role="status">{say("page.run.cancel.sure")}</span>
          <button type="button" class="danger" onClick={() => cancel({})}>{say("page.run.cancel.do")}</button>
          <button type="button" onClick={() => setSure(false)}>{say("page.run.cancel.keep")}</button>
        </>
      )}
      {asked.state === "failed" && <p role="alert" class="failed">{asked.reason}</p>}
    </div>
  );
}
