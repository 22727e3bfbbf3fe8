import type { Overview, Room, RoomItem } from "../src/api";
import { figure } from "../src/format";
import { AssetLink, useKind } from "../src/parts";
import { to } from "../src/routes";
import { knownText, useLanguage, useSay, type TextId } from "../src/texts";

/** The rooms of the lifecycle in the way of the data, each with what is in it. */
export function Rooms({ overview }: { overview: Overview }) {
  return <ol class="rooms">{overview.rooms.map(r => <li key={r.number} class="card room"><OneRoom room={r} overview={overview} /></li>)}</ol>;
}

function OneRoom({ room, overview }: { room: Room; overview: Overview }) {
  const say = useSay();
  const kind = useKind();
  return (
    <>
      <h3><span class="room-number">{String(room.number).padStart(2, "0")}</span> {say(`page.room.${room.name}` as TextId)}</h3>
      <p class="quiet">{say(`page.room.${room.name}.more` as TextId)}</p>
      {room.name === "release" ? <Released overview={overview} /> : room.name === "operate" ? <Operated runs={overview.runs} /> : room.items.length === 0
        ? <p class="none">{say("page.room.none")}</p>
        : <ul>{room.items.map(i => <li key={i.name}><Item item={i} kind={kind(i.kind)} room={room.name} /></li>)}</ul>}
      {room.count > room.items.length && <p><a href={to.assets}>{say("page.overview.more", { count: room.count - room.items.length })}</a></p>}
    </>
  );
}

function Item({ item: i, kind, room }: { item: RoomItem; kind: string; room: string }) {
  const say = useSay();
  const language = useLanguage();
  const number = i.version?.split("@")[1];
  return (
    <>
      <p>
        {i.isFamily ? (
          <a href={`${to.assets}?name=${encodeURIComponent(`${i.name}.`)}`}>{i.name}.*</a>
        ) : i.version !== null ? (
          <a href={to.version(i.version)}>
            {i.name}
            <span class="version">@{number}</span>
          </a>
        ) : (
          <AssetLink name={i.name} />
        )}{" "}
        {i.isFamily && <span class="quiet">{say("page.room.members", { count: i.members })} </span>}
        {i.inProduction && <span class="badge production">{say("page.stage.production.short")}</span>}
        {i.verdict !== null && i.version !== null && (
          <a href={to.report(i.version)} class={`badge ${i.verdict === "GO" ? "go" : "no-go"}`}>
            {i.verdict}
          </a>
        )}
        {i.kind === "endpoint" && i.inProduction && (
          <>
            <a href={to.endpoint(i.name)}>{say("page.endpoint.open")}</a>{" "}
          </>
        )}
        {i.failedChecks > 0 && i.verdict === null && <span class="badge run-failed">✕ {say("page.checks.failed-of", { failed: i.failedChecks })}</span>}
        {i.running > 0 && <span class="badge run-running">▶ {say("page.run.running")}</span>}
        {i.stale > 0 && (
          <a class="badge stale" href={i.isFamily ? `${to.assets}?name=${encodeURIComponent(`${i.name}.`)}&state=stale` : to.asset(i.name)}>
            ! {i.isFamily ? say("page.room.stale", { count: i.stale }) : say("page.fresh.stale")}
          </a>
        )}
        {i.neverMade > 0 && <span class="badge">{i.isFamily ? say("page.room.never", { count: i.neverMade }) : say("page.fresh.never-made")}</span>}
      </p>
      <p class="quiet">
        {room === "test" || room === "deploy" ? kind : ""}
        {i.says !== null &&
          (room === "test" ? (
            <>
              {" "}
              · <a href={to.version(i.says)}>{i.says}</a>
            </>
          ) : (
            ` ${room === "prepare" ? say("page.room.split-by", { column: i.says }) : i.says}`
          ))}{" "}
        {i.figures.map(f => (
          <span key={f.name} class="room-figure">
            {knownText(`page.room-figure.${f.name.replaceAll(".", "-")}`, language) ?? f.name} <b>{figure(f.value, language)}</b>
          </span>
        ))}
      </p>
    </>
  );
}

function Released({ overview: { live, attention } }: { overview: Overview }) {
  const say = useSay();
  const staged = attention.find(a => a.rule === "staged");
  return (
    <ul>
      <li>
        {live === null ? (
          <span class="none">{say("page.overview.nothing")}</span>
        ) : (
          <>
            <a href={to.release(live.number)}>{say("page.release.number", { number: live.number })}</a>{" "}
            <span class="badge production">{say("page.release.live")}</span> <span class="quiet">{say("page.release.size", { count: live.size })}</span>
          </>
        )}
      </li>
      {staged && <li>{staged.says.text}</li>}
      <li>
        <a href={to.releases}>{say("page.overview.history")}</a>
      </li>
    </ul>
  );
}

function Operated({ runs }: { runs: Overview["runs"] }) {
  const say = useSay();
  return (
    <ul>
      <li><a href={to.runs("", "running")}>{say("page.overview.running", { count: runs.running })}</a></li>
      <li>{say("page.overview.day", { count: runs.ended })}{!runs.whole && " +"}</li>
      <li><a href={to.runs("", "failed")}><span class={runs.failed > 0 ? "bad" : ""}>{say("page.overview.failed", { count: runs.failed })}</span></a></li>
    </ul>
  );
}
