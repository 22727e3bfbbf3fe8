using System.CommandLine;
using Kumiki.Releasing;
using Kumiki.Shell;

namespace Kumiki;

sealed partial class Doors
{
    static readonly Option<string?> MessageOption = new("--message", "-m") { Description = "Why; kept in the history." };
    static readonly Option<string?> AuthorOption = new("--author") { Description = "Who; KUMIKI_AUTHOR, else the system's user." };
    static readonly Option<bool> DryRunOption = new("--dry-run") { Description = "Say what would happen, and do nothing." };

    IEnumerable<Command> Releasing()
    {
        yield return Stage();
        yield return Unstage();
        yield return Alias();
        yield return Release();
        yield return Rollback();
        yield return History();
    }

    static Releases ReleasesOf(ParseResult parsed, Session session) => new(session.Metadata, session.Artifacts, Session.Clock, parsed.GetValue(AuthorOption) ?? Author);

    Command Stage()
    {
        var versions = new Argument<string[]>("versions") { Description = "Versions, such as sales@3.", Arity = ArgumentArity.OneOrMore };
        return Verb("stage", "Say that versions are good enough for others to build on.", [versions, MessageOption, AuthorOption], async (parsed, session, terminal, stop) =>
        {
            VersionName[] named = [.. parsed.GetValue(versions)!.Select(VersionOf)];
            await ReleasesOf(parsed, session).StageAsync(named, parsed.GetValue(MessageOption) ?? "", stop);
            return terminal.Result(new { staged = named }, () =>
            {
                terminal.Line(Message.Of("shell.staged", ("versions", string.Join(", ", named))));
                terminal.Next("kumiki release --dry-run");
            });
        });
    }

    Command Unstage()
    {
        var assets = new Argument<string[]>("assets") { Description = "Assets' names.", Arity = ArgumentArity.OneOrMore };
        return Verb("unstage", "Take the staging pointer of assets away.", [assets, MessageOption, AuthorOption], async (parsed, session, terminal, stop) =>
        {
            var named = parsed.GetValue(assets)!;
            await ReleasesOf(parsed, session).UnstageAsync(named, parsed.GetValue(MessageOption) ?? "", stop);
            return terminal.Result(new { unstaged = named }, () => terminal.Line(Message.Of("shell.unstaged", ("assets", string.Join(", ", named)))));
        });
    }

    Command Alias()
    {
        var alias = new Argument<string>("alias") { Description = "A name of your own, such as champion." };
        var version = new Argument<string>("version") { Description = "A version, or with --remove an asset." };
        var remove = new Option<bool>("--remove") { Description = "Take the alias away from an asset." };
        return Verb("alias", "Point a name of your own at a version.", [alias, version, remove, MessageOption, AuthorOption], async (parsed, session, terminal, stop) =>
        {
            var (name, target) = (parsed.GetValue(alias)!, parsed.GetValue(version)!);
            var releases = ReleasesOf(parsed, session);
            if (parsed.GetValue(remove)) await releases.RemoveAliasAsync(name, target, parsed.GetValue(MessageOption) ?? "", stop);
            else await releases.SetAliasAsync(name, VersionOf(target), parsed.GetValue(MessageOption) ?? "", stop);
            return terminal.Result(new { alias = name, version = parsed.GetValue(remove) ? null : target }, () =>
                terminal.Line(parsed.GetValue(remove) ? Message.Of("shell.alias-removed", ("alias", name), ("asset", target)) : Message.Of("shell.alias-set", ("alias", name), ("version", target))));
        });
    }

    Command Release()
    {
        var set = new Argument<string[]>("set") { Description = "sales@3, sales@champion, or sales for its staging version; everything staged by default.", Arity = ArgumentArity.ZeroOrMore };
        var without = new Option<string[]>("--without") { Description = "Assets to take out of production.", AllowMultipleArgumentsPerToken = true };
        var waive = new Option<string[]>("--waive") { Description = "A gate to pass over: version:check=reason.", AllowMultipleArgumentsPerToken = true };
        return Verb("release", "Put a fitting set into production, in one step.", [set, without, waive, DryRunOption, MessageOption, AuthorOption], async (parsed, session, terminal, stop) =>
        {
            var order = new ReleaseOrder
            {
                Set = parsed.GetValue(set) ?? [],
                Without = parsed.GetValue(without) ?? [],
                Waivers = [.. (parsed.GetValue(waive) ?? []).Select(WaiverOf)],
                Reason = parsed.GetValue(MessageOption) ?? "",
                DryRun = parsed.GetValue(DryRunOption),
            };
            return Ended(terminal, await ReleasesOf(parsed, session).ReleaseAsync(order, stop));
        });
    }

    Command Rollback() => Verb("rollback", "Bring back what was in production before; again to go one further back.", [DryRunOption, MessageOption, AuthorOption],
        async (parsed, session, terminal, stop) =>
            Ended(terminal, await ReleasesOf(parsed, session).RollbackAsync(parsed.GetValue(MessageOption) ?? "", null, parsed.GetValue(DryRunOption), stop: stop)));

    static int Ended(Terminal terminal, ReleaseEnd end)
    {
        switch (end)
        {
            case ReleaseEnd.Live live:
                return terminal.Result(new { end = "live", live.Release, live.Changes, live.Notes }, () =>
                {
                    terminal.Line(Message.Of("shell.released", ("release", live.Release.Number)));
                    Changes(live.Changes);
                    terminal.Findings(live.Notes);
                });
            case ReleaseEnd.WouldGoLive would:
                return terminal.Result(new { end = "would-go-live", would.Set, would.Changes, would.Notes }, () =>
                {
                    terminal.Line(Message.Of("shell.would-release"));
                    Changes(would.Changes);
                    terminal.Findings(would.Notes);
                });
            case ReleaseEnd.Refused { Findings: [{ Rule: ReleaseCheck.Unchanged } only] }:     // asked for again, as after a kill: what was asked for is so
                return terminal.Result(new { end = "unchanged", only.Says }, () => terminal.Line(only.Says));
            case ReleaseEnd.Refused refused:
                return terminal.Error(Message.Of("shell.not-released", ("count", refused.Findings.Count(f => f.Severity == Severity.Refusal))), refused.Findings);
            default:
                throw new System.Diagnostics.UnreachableException($"Say how {end.GetType().Name} ended.");
        }

        void Changes(IReadOnlyList<ReleaseChange> changes) =>
            terminal.Table(["", "", ""], changes.Select(c => (IReadOnlyList<string>)["  " + c.Asset, c.From is { } from ? $"@{from} →" : "new →", c.To is { } to ? $"@{to}" : "out"]));
    }

    Command History()
    {
        var limit = new Option<int>("--limit") { Description = "How many, newest first.", DefaultValueFactory = _ => 20 };
        var before = new Option<int?>("--before") { Description = "Only releases before this number, for paging." };
        return Verb("history", "The releases, newest first.", [limit, before], async (parsed, session, terminal, stop) =>
        {
            var releases = await ReleasesOf(parsed, session).HistoryAsync(Math.Clamp(parsed.GetValue(limit), 1, 1000), parsed.GetValue(before), stop);
            return terminal.Result(releases, () =>
            {
                if (releases.Count == 0)
                {
                    terminal.Line(Message.Of("shell.no-releases"));
                    terminal.Next("kumiki stage ASSET@N", "kumiki release --dry-run");
                }
                else
                    terminal.Table(["RELEASE", "STATE", "AT", "BY", "SET", "WHY"], releases.Select(r => (IReadOnlyList<string>)
                    [
                        r.Number.ToString(System.Globalization.CultureInfo.InvariantCulture), r.State.ToString().ToLowerInvariant(), When(r.At), r.Author,
                        string.Join(' ', r.Asked) + (r.Without.Count > 0 ? " without " + string.Join(' ', r.Without) : "") + (r.Restores is { } back ? $" (back to release {back})" : ""), r.Reason,
                    ]));
            });
        });
    }

    static Waiver WaiverOf(string text)
    {
        var (colon, equals) = (text.IndexOf(':', StringComparison.Ordinal), text.IndexOf('=', StringComparison.Ordinal));
        if (colon < 1 || equals < colon + 2 || equals == text.Length - 1) throw new KumikiException(Message.Of("shell.waiver", ("text", text)));
        return new(VersionOf(text[..colon]), text[(colon + 1)..equals], text[(equals + 1)..]);
    }
}
