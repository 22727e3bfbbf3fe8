import { useNumber } from "../report/TestReportView";
import { useWords } from "../words";

export const pageSize = 50;

/** Which rows of a long table are shown, and the way to the others. */
export function Pager({ total, offset, shown, onGo }: { total: number; offset: number; shown: number; onGo: (offset: number) => void }) {
  const words = useWords();
  const number = useNumber();
  return (
    <div class="pager">
      <span role="status">{words("page.board.shown", { from: number(Math.min(offset + 1, total)), to: number(offset + shown), total: number(total) })}</span>
      {total > pageSize && (
        <button type="button" disabled={offset === 0} onClick={() => onGo(Math.max(0, offset - pageSize))}>
          {words("page.board.back")}
        </button>
      )}
      {total > pageSize && (
        <button type="button" disabled={offset + shown >= total} onClick={() => onGo(offset + pageSize)}>
          {words("page.board.on")}
        </button>
      )}
    </div>
  );
}
