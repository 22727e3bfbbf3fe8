import { rowsOf } from "../runs/compared";
import { Differences, Side, type Heads } from "../runs/Differences";
import { figure } from "../src/format";
import { Lasting } from "../src/parts";
import { to } from "../src/routes";
import { useLanguage, useSay } from "../src/texts";
import { labelsOf, type CompareOf } from "./CompareTrackedPage";
import { Moment, StatusMark, useNames } from "./parts";
import { useWords } from "./words";

/** What some runs were set to and what came of it: only what differs, the rest folded away. */
export function DifferencesTab({ runs }: CompareOf) {
  const say = useSay();
  const words = useWords();
  const language = useLanguage();
  const labels = labelsOf(runs);
  const nameOf = useNames([...new Set(runs.map(r => r.info.experiment_id))]);
  const heads: Heads = runs.map(r => ({ key: r.info.run_id, head: <a href={to.trackedRun(r.info.run_id)}>{labels.get(r.info.run_id)}</a> }));
  return (
    <>
      <Side
        heads={heads}
        label={words("page.experiments.compare-runs")}
        rows={[
          [say("page.state"), runs.map(r => <StatusMark status={r.info.status} />)],
          [words("page.experiments.column-experiment"), runs.map(r => <a href={to.trackedRuns([r.info.experiment_id])}>{nameOf(r.info.experiment_id)}</a>)],
          [say("page.started"), runs.map(r => <Moment at={r.info.start_time} />)],
          [
            say("page.took"),
            runs.map(({ info }) => (info.end_time === undefined || info.start_time === undefined ? "–" : <Lasting seconds={Math.max(0, info.end_time - info.start_time) / 1000} />)),
          ],
          [words("page.experiments.column-user-id"), runs.map(r => r.info.user_id ?? "–")],
        ]}
      />
      <Differences
        title={words("page.experiments.params")}
        heads={heads}
        rows={rowsOf(runs, r => Object.fromEntries((r.data.params ?? []).map(p => [p.key, p.value])))}
      />
      <Differences
        title={words("page.experiments.metrics")}
        heads={heads}
        rows={rowsOf(runs, r => Object.fromEntries((r.data.metrics ?? []).map(m => [m.key, figure(m.value, language)])))}
      />
      <Differences
        title={words("page.experiments.tags")}
        heads={heads}
        rows={rowsOf(runs, r => Object.fromEntries((r.data.tags ?? []).filter(t => !hidden.includes(t.key)).map(t => [t.key, t.value])))}
      />
    </>
  );
}

/** Said elsewhere on the page, or no value of the run's. */
const hidden = ["mlflow.runName", "mlflow.user", "mlflow.note.content", "mlflow.log-model.history"];
