import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Page } from "./parts";
import { useSay } from "./texts";

const pages = {
  report: () => import("./report/ReportPage").then(m => m.ReportPage as ComponentType<never>),
  threshold: () => import("./threshold/ThresholdPage").then(m => m.ThresholdPage as ComponentType<never>),
  goal: () => import("../plan/GoalPage").then(m => m.GoalPage as ComponentType<never>),
  boards: () => import("./board/BoardsPage").then(m => m.BoardsPage as ComponentType<never>),
  experiments: () => import("../experiments/ExperimentsPage").then(m => m.ExperimentsPage as ComponentType<never>),
  trackedRuns: () => import("../experiments/TrackedRunsPage").then(m => m.TrackedRunsPage as ComponentType<never>),
  compareTracked: () => import("../experiments/CompareTrackedPage").then(m => m.CompareTrackedPage as ComponentType<never>),
  trackedRun: () => import("../registry/TrackedRunPage").then(m => m.TrackedRunPage as ComponentType<never>),
  registry: () => import("../registry/RegistryPage").then(m => m.RegistryPage as ComponentType<never>),
  registeredModel: () => import("../registry/ModelPage").then(m => m.ModelPage as ComponentType<never>),
  registered: () => import("../registry/ModelVersionPage").then(m => m.ModelVersionPage as ComponentType<never>),
  registryDiff: () => import("../registry/RegistryDiffPage").then(m => m.RegistryDiffPage as ComponentType<never>),
  endpoints: () => import("../serving/EndpointsPage").then(m => m.EndpointsPage as ComponentType<never>),
  endpoint: () => import("../serving/EndpointPage").then(m => m.EndpointPage as ComponentType<never>),
  serving: () => import("../serving/ServingPage").then(m => m.ServingPage as ComponentType<never>),
  queues: () => import("../serving/QueuesPage").then(m => m.QueuesPage as ComponentType<never>),
  queue: () => import("../serving/QueuePage").then(m => m.QueuePage as ComponentType<never>),
  operations: () => import("../serving/OperationsPage").then(m => m.OperationsPage as ComponentType<never>),
  predictionSql: () => import("../serving/SqlPage").then(m => m.SqlPage as ComponentType<never>),
  prediction: () => import("../serving/PredictionPage").then(m => m.PredictionPage as ComponentType<never>),
  board: () => import("./board/BoardPage").then(m => m.BoardPage as ComponentType<never>),
};

/** A page whose script is fetched when somebody goes there: who never does, never waits for it. */
export function Later({ page, with: given }: { page: keyof typeof pages; with: Record<string, unknown> }) {
  const say = useSay();
  const [tries, setTries] = useState(0);
  const [held, hold] = useState<{ page: string; is: ComponentType<never> | null }>();
  useEffect(() => {
    let gone = false;
    pages[page]().then(is => gone || hold({ page, is }), () => gone || hold({ page, is: null }));
    return () => void (gone = true);
  }, [page, tries]);

  if (held?.page !== page) return <Page title="…"><p role="status" class="loading">{say("page.reading", { what: "…" })}</p></Page>;
  if (held.is === null) return (
    <Page title="…">
      <div role="alert" class="failed">
        <p>{say("page.no-answer")}</p>
        <button type="button" onClick={() => setTries(t => t + 1)}>
          {say("page.retry")}
        </button>
      </div>
    </Page>
  );
  const Is = held.is as ComponentType<Record<string, unknown>>;
  return <Is {...given} />;
}
