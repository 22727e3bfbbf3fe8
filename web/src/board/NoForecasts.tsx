import { AssetLink, Empty } from "../parts";
import { useWords } from "../words";
import type { Asking } from "./asking";
import type { Board } from "./types";

/** Why there is nothing to see of forecasts: the choice is too narrow, none is declared or made, or no week of theirs is over. */
export function NoForecasts({ board, asking }: { board: Pick<Board, "assets" | "versions">; asking?: Pick<Asking, "keys" | "from" | "to"> }) {
  const words = useWords();
  const { assets, versions } = board;
  if (assets.forecasts === null) return <Empty>{words("page.board.none-declared")}</Empty>;
  if (versions.forecasts === null)
    return (
      <Empty command={`kumiki make ${assets.forecasts} --upstream`}>
        {words("page.board.no-forecasts")} <AssetLink name={assets.forecasts} />
      </Empty>
    );
  if (asking && (Object.keys(asking.keys).length > 0 || asking.from !== "" || asking.to !== "")) return <p class="empty">{words("page.board.nothing")}</p>;
  if (assets.accuracy !== null && versions.accuracy === null)
    return <Empty command={`kumiki make ${assets.accuracy}`}>{words("page.board.no-accuracy")} <AssetLink name={assets.accuracy} /></Empty>;
  return <Empty>{words("page.board.not-over")}</Empty>;
}
