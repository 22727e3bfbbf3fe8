import { AnalysisView } from "../analysis/AnalysisView";
import type { Analysis } from "../analysis/types";
import { Page, Read } from "../parts";
import { useResource } from "../resource";
import "../views.css";
import { useWords } from "../words";
import { TestReportView } from "./TestReportView";
import type { Answer, TestReport } from "./types";

/** The report a version holds: of a test, or an analysis of data. */
export function ReportPage({ asset, number }: { asset: string; number: string }) {
  const words = useWords();
  const name = `${asset}@${number}`;
  const report = useResource<Answer<TestReport> | Answer<Analysis>>(`api/versions/${encodeURIComponent(asset)}/${encodeURIComponent(number)}/report`);
  return (
    <Page title={name} kind={report.state === "ready" ? words(report.value.kind === "test" ? "testing.page" : "analysis.page") : undefined}>
      <Read of={report} what={name}>
        {value => (value.kind === "test" ? <TestReportView of={value as Answer<TestReport>} /> : <AnalysisView of={value as Answer<Analysis>} />)}
      </Read>
    </Page>
  );
}
