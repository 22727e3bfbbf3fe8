import { Cells, SortedTable, type Col } from "../draw/SortTable";
import { Read, Section, VersionLink } from "../parts";
import { useNumber } from "../report/TestReportView";
import { useResource } from "../resource";
import { useWords } from "../words";
import { pathOf } from "./asking";
import type { ViewOf } from "./BoardPage";
import { useDays } from "./days";
import { Pager } from "./Pager";
import type { Changes } from "./types";

type Row = Changes["changes"]["rows"][number];

/** The newest forecasts beside those of the week before, the largest changes first. */
export function ChangesView({ board, asking, refine, open }: ViewOf) {
  const words = useWords();
  const number = useNumber();
  const days = useDays();
  const more = { sort: asking.sort === "size" ? "" : asking.sort, down: asking.down ? "" : "false", offset: asking.offset === 0 ? "" : String(asking.offset) };
  const changes = useResource<Changes>(pathOf(board.name, "changes", asking, { ...more, limit: "50" }));
  const title = words("page.board.changes-title");
  const signed = (value: number) => `${value > 0 ? "+" : ""}${number(value)}`;
  return (
    <Section title={title}>
      <Read of={changes} what={title}>{({ changes: c, versions, keys }) => {
        if (c.beforeVersion === null) return <p class="empty">{words("page.board.no-before")}</p>;
        if (c.total === 0) return <p class="empty">{words("page.board.nothing")}</p>;
        const columns: Col<Row>[] = [
          ...keys.map((k, i) => ({
            id: i === 0 ? "name" : `name${i}`,
            head: k,
            value: (r: Row) => r.names[i],
            cell: (r: Row) =>
              i > 0 ? (
                r.names[i]
              ) : (
                <button
                  type="button"
                  class="open"
                  onClick={() =>
                    open({ ...asking, tab: "forecast", keys: Object.fromEntries(keys.map((key, at) => [key, r.names[at]!])), from: "", to: "", offset: 0 })
                  }
                >
                  {r.names[i]}
                </button>
              ),
          })),
          { id: "week", head: words("analysis.unit-week"), value: r => r.week, cell: r => days(r.week) },
          { id: "before", head: words("page.board.before"), number: true, value: r => r.before, cell: r => number(r.before) },
          { id: "now", head: words("page.board.now"), number: true, value: r => r.now, cell: r => number(r.now) },
          { id: "size", head: words("page.board.change"), number: true, value: r => r.change, cell: r => <b>{r.change === 0 ? "=" : signed(r.change)}</b> },
          { id: "share", head: "%", number: true, value: r => r.share, cell: r => (r.share === null ? "–" : `${signed(r.share * 100)}%`) },
        ];
        const sortable = new Set(["name", "week", "before", "now", "size", "share"]);
        return (
          <>
            <p class="note">
              {c.now && c.before ? words("page.board.changes-days", { now: c.now, before: c.before }) : ""}{" "}
              {versions.forecasts && <VersionLink name={versions.forecasts} />}
              {c.beforeVersion !== versions.forecasts && (
                <>
                  {" "}
                  ← <VersionLink name={c.beforeVersion} />
                </>
              )}
            </p>
            <div class="tiles">
              <div class="tile">
                <span>{words("page.board.now")}</span>
                <b>
                  {number(c.nowSum)} {board.unit}
                </b>
              </div>
              <div class="tile">
                <span>{words("page.board.before")}</span>
                <b>
                  {number(c.beforeSum)} {board.unit}
                </b>
              </div>
              <div class="tile">
                <span>{words("page.board.change")}</span>
                <b>
                  {signed(c.nowSum - c.beforeSum)} {board.unit}
                </b>
              </div>
            </div>
            <p class="after">
              <a class="download" href={pathOf(board.name, "changes.csv", asking, { ...more, offset: "" })} download>
                {words("page.board.csv")}
              </a>
            </p>
            <SortedTable
              label={title}
              columns={columns}
              sorting={{ by: asking.sort, down: asking.down }}
              onSort={s => sortable.has(s.by) && refine({ ...asking, sort: s.by, down: s.down, offset: 0 })}
            >
              {c.rows.map(r => (
                <tr key={r.names.join(" ") + r.week}>
                  <Cells columns={columns} row={r} />
                </tr>
              ))}
            </SortedTable>
            <Pager total={c.total} offset={asking.offset} shown={c.rows.length} onGo={offset => refine({ ...asking, offset })} />
          </>
        );
      }}</Read>
    </Section>
  );
}
