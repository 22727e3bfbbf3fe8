import { useWords } from "./words";

/** What a Python program needs to log here. */
export function First({ experiment }: { experiment?: string }) {
  const words = useWords();
  return (
    <div class="empty first">
      <p>{words("page.experiments.first")}</p>
      <pre tabIndex={0} aria-label={words("page.experiments.first")}>
        <code>
          {[
            `export MLFLOW_TRACKING_URI=${location.origin}`,
            ...(experiment === undefined ? [] : [`export MLFLOW_EXPERIMENT_NAME=${/^[\w./-]+$/.test(experiment) ? experiment : `'${experiment.replaceAll("'", "'\\''")}'`}`]),
            "pip install mlflow-skinny",
            "python3 -c 'import mlflow; mlflow.log_metric(\"loss\", 0.5)'",
          ].join("\n")}
        </code>
      </pre>
    </div>
  );
}
