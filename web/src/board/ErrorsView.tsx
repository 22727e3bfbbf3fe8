import { Bar } from "../draw/Plot";
import { Cells, SortedTable, type Col } from "../draw/SortTable";
import { Read, Section } from "../parts";
import { useNumber } from "../report/TestReportView";
import { useResource } from "../resource";
import { useWords } from "../words";
import { closer, pathOf } from "./asking";
import type { ViewOf } from "./BoardPage";
import { useDays } from "./days";
import { NoForecasts } from "./NoForecasts";
import { Pager } from "./Pager";
import { Off } from "./SeriesViews";
import type { ErrorRow, Errors } from "./types";

/** Where forecasts were worst, by store, item, week or row; a row leads closer. */
export function ErrorsView({ board, asking, refine, open }: ViewOf) {
  const words = useWords();
  const number = useNumber();
  const days = useDays();
  const more = {
    group: asking.group,
    sort: asking.sort === "mae" ? "" : asking.sort,
    down: asking.down ? "" : "false",
    offset: asking.offset === 0 ? "" : String(asking.offset),
  };
  const errors = useResource<Errors>(pathOf(board.name, "errors", asking, { ...more, limit: "50" }));
  const title = words("page.board.errors-title");
  const groups: [string, string][] = [
    ...board.keys.map(k => [k, k] as [string, string]),
    ["week", words("analysis.unit-week")],
    ...(board.keys.length > 1 ? [["series", board.keys.join(" × ")] as [string, string]] : []),
    ["row", words("page.board.each")],
  ];
  return (
    <Section title={title}>
      <div class="filters" role="group" aria-label={words("page.board.by")}>
        <label>
          {words("page.board.by")}
          <select value={asking.group} onChange={e => refine({ ...asking, group: e.currentTarget.value, offset: 0, sort: "mae", down: true })}>
            {groups.map(([id, name]) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <a class="download" href={pathOf(board.name, "errors.csv", asking, { ...more, offset: "" })} download>
          {words("page.board.csv")}
        </a>
      </div>
      <Read of={errors} what={title}>
        {({ rows, names, total }) => {
          if (total === 0) return <NoForecasts board={board} asking={asking} />;
          const most = Math.max(...rows.map(r => r.mae));
          const isRow = asking.group === "row";
          const nameOf = (i: number, row: ErrorRow) => (names[i] === "week" ? days(row.names[i]!) : row.names[i]!);
          const columns: Col<ErrorRow>[] = [
            {
              id: "name",
              head: names[0] === "week" ? words("analysis.unit-week") : names[0]!,
              value: r => r.names[0],
              cell: r => (
                <button type="button" class="open" onClick={() => open(closer(asking, board, r.names))}>
                  {nameOf(0, r)}
                </button>
              ),
            },
            ...names
              .slice(1)
              .map((n, i) => ({
                id: n === "week" ? "week" : `name${i}`,
                head: n === "week" ? words("analysis.unit-week") : n,
                value: (r: ErrorRow) => r.names[i + 1],
                cell: (r: ErrorRow) => nameOf(i + 1, r),
              })),
            {
              id: "mae",
              head: isRow ? words("page.board.off") : words("page.board.mae"),
              number: true,
              value: r => r.mae,
              cell: r => (
                <>
                  <Bar value={r.mae} most={most} />
                  {number(r.mae)}
                </>
              ),
            },
            {
              id: "error",
              head: words(isRow ? "page.board.error" : "page.board.bias"),
              number: true,
              value: r => r.error,
              cell: r => <Off by={r.error} outside={isRow && r.inside === 0} />,
            },
            { id: "actual", head: words("page.board.actual"), number: true, value: r => r.actual, cell: r => number(r.actual) },
            { id: "prediction", head: words("page.board.prediction"), number: true, value: r => r.prediction, cell: r => number(r.prediction) },
            ...(isRow && board.span.hasInterval
              ? [
                  {
                    id: "interval",
                    head: words("page.board.interval"),
                    value: (r: ErrorRow) => r.lower,
                    cell: (r: ErrorRow) => (r.lower === null ? "–" : `${number(r.lower)} … ${number(r.upper)}`),
                  },
                ]
              : []),
            { id: "wape", head: words("page.board.wape"), number: true, value: r => r.wape, cell: r => (r.wape === null ? "–" : `${number(r.wape * 100)}%`) },
            ...(!isRow && board.span.hasInterval
              ? [
                  {
                    id: "inside",
                    head: words("page.board.inside"),
                    number: true,
                    value: (r: ErrorRow) => r.inside,
                    cell: (r: ErrorRow) => (r.inside === null ? "–" : `${number(r.inside * 100)}%`),
                  },
                ]
              : []),
            ...(board.span.hasBaseline
              ? [
                  {
                    id: "baseline",
                    head: words("page.board.baseline"),
                    number: true,
                    value: (r: ErrorRow) => r.baseline,
                    cell: (r: ErrorRow) => (r.baseline === null ? "–" : <span class={r.baseline < r.mae ? "worse" : undefined}>{number(r.baseline)}</span>),
                  },
                ]
              : []),
            ...(isRow
              ? []
              : [{ id: "rows", head: words("page.board.rows"), number: true, value: (r: ErrorRow) => r.rows, cell: (r: ErrorRow) => number(r.rows) }]),
          ];
          // What the server cannot sort by keeps the order it has.
          const sortable = new Set(["name", "rows", "actual", "prediction", "error", "mae", "wape", "inside", "baseline", "week"]);
          return (
            <>
              <p class="note">{words("page.board.errors-how")}</p>
              <SortedTable
                label={title}
                columns={columns}
                sorting={{ by: asking.sort, down: asking.down }}
                onSort={s => sortable.has(s.by) && refine({ ...asking, sort: s.by, down: s.down, offset: 0 })}
              >
                {rows.map(r => (
                  <tr key={r.names.join(" ") + r.ahead}>
                    <Cells columns={columns} row={r} />
                  </tr>
                ))}
              </SortedTable>
              <Pager total={total} offset={asking.offset} shown={rows.length} onGo={offset => refine({ ...asking, offset })} />
            </>
          );
        }}
      </Read>
    </Section>
  );
}
