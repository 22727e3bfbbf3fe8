using Kumiki.Store;

namespace Kumiki.Releasing;

/// <summary>Stages and releases of one store.</summary>
/// <remarks>
/// A release goes these steps; see README.md for the picture.
/// 1. Names become versions: what is staged, or what an alias points to.
/// 2. Production is read, and the lineage of what would result.
/// 3. <see cref="ReleaseCheck"/> says what does not fit; the blobs of the resulting set are looked for.
/// 4. A candidate is kept, with the production revision it was checked on.
/// 5. It becomes live if production is still at that revision; else the candidate is withdrawn and the steps begin again at 2.
/// A crash before 5 leaves the old production and at most a candidate that nobody reads; after it, the new one.
/// </remarks>
/// <param name="author">Who moves and releases, unless an order names another.</param>
public sealed partial class Releases(IMetadataStore store, IArtifactStore artifacts, TimeProvider clock, string author)
{
    /// <summary>How often a release is checked again because production moved while it was checked.</summary>
    const int MostTries = 8;

    /// <summary>The rule that production is what it was when it was looked at.</summary>
    const string Moved = "moved";

    /// <summary>Releases a set.</summary>
    /// <returns>Every name that cannot be read and all that does not fit is in <see cref="ReleaseEnd.Refused"/>; nothing of it throws.</returns>
    public async Task<ReleaseEnd> ReleaseAsync(ReleaseOrder order, CancellationToken stop = default)
    {
        var asked = new List<VersionName>();
        var unread = new List<Finding>();
        await NameAsync(order, asked, unread, stop);
        if (unread.Count > 0) return new ReleaseEnd.Refused(unread);

        var request = new ReleaseRequest(asked, order.Without, order.Waivers);
        var shelf = new ShelfReader(store);
        for (var tries = 0; tries < MostTries; tries++)
        {
            var production = await store.ProductionAsync(stop);
            var draft = new ReleaseRecord
            {
                Number = 0,
                State = ReleaseState.Checked,
                Asked = asked,
                Without = order.Without,
                Set = production.Overlaid(request.Set, request.Without),
                Base = production.Revision,
                Before = production.Release,
                Waivers = order.Waivers,
                Author = order.Author ?? author,
                Reason = order.Reason,
                At = clock.GetUtcNow(),
            };
            if (await TryAsync(production, request, draft, order.DryRun, shelf, stop) is { } end) return end;
        }
        return Refused(Moved, Message.Of("release.moved", ("tries", MostTries)));
    }

    /// <summary>Brings back what was live before: a release of the previous set. It skips gates, never integrity; a second one goes one further back.</summary>
    /// <param name="from">The release that is live as whoever asks knows it; with another one live it is refused. Null: whichever is.</param>
    /// <remarks>If production moves meanwhile it is refused: another's release or rollback is not what was looked at.</remarks>
    public async Task<ReleaseEnd> RollbackAsync(
        string reason, string? by = null, bool dryRun = false, int? from = null, CancellationToken stop = default)
    {
        var production = await store.ProductionAsync(stop);
        if (from is { } known && known != production.Release)
            return Refused(Moved, Message.Of("release.moved-rollback", ("release", known)));
        if (await store.ReleaseAsync(production.Release, stop) is not { } live) return Refused("nothing", Message.Of("release.nothing-live"));
        if (await store.ReleaseAsync(live.Before, stop) is not { } target)
            return Refused("nothing", Message.Of("release.nothing-before", ("release", live.Number)));

        var changes = ReleaseChange.Between(production.Set, target.Set);
        var asked = changes.Where(c => c.To is not null).Select(c => new VersionName(c.Asset, c.To!.Value));
        var request = new ReleaseRequest([.. asked], [.. changes.Where(c => c.To is null).Select(c => c.Asset)], [], Gates: false);
        var draft = new ReleaseRecord
        {
            Number = 0,
            State = ReleaseState.Checked,
            Asked = request.Set,
            Without = request.Without,
            Set = target.Set,
            Base = production.Revision,
            Before = target.Before,
            Restores = target.Number,
            Author = by ?? author,
            Reason = reason,
            At = clock.GetUtcNow(),
        };
        return await TryAsync(production, request, draft, dryRun, new(store), stop)
            ?? Refused(Moved, Message.Of("release.moved-rollback", ("release", live.Number)));
    }

    /// <summary>Withdraws a candidate that is not live, such as one whose process died before it switched.</summary>
    /// <exception cref="KumikiException">There is no such release, or it is live or withdrawn.</exception>
    public async Task WithdrawAsync(int number, CancellationToken stop = default)
    {
        if (await store.MoveReleaseAsync(number, ReleaseState.Withdrawn, stop)) return;
        throw new KumikiException((await store.ReleaseAsync(number, stop))?.State switch
        {
            null => Message.Of("release.no-release", ("release", number)),
            ReleaseState.Live => Message.Of("release.is-live", ("release", number)),
            _ => Message.Of("release.is-withdrawn", ("release", number)),
        });
    }

    /// <summary>Releases, newest first; candidates and withdrawn ones too.</summary>
    /// <param name="before">Only those with a lower number; for paging.</param>
    public Task<IReadOnlyList<ReleaseRecord>> HistoryAsync(int limit = 20, int? before = null, CancellationToken stop = default) =>
        store.ReleasesAsync(limit, before, stop);

    /// <summary>Steps 3 to 5. Null: production has moved since it was read.</summary>
    async Task<ReleaseEnd?> TryAsync(Production production, ReleaseRequest request, ReleaseRecord draft, bool dryRun, ShelfReader shelf, CancellationToken stop)
    {
        await shelf.ReadAsync([.. draft.Set.Select(v => new VersionName(v.Key, v.Value)), .. request.Set, .. request.Waivers.Select(w => w.Version)], stop);
        var findings = ReleaseCheck.Of(shelf.Versions, production, request);
        if (findings.Any(f => f.Rule == "source") && await shelf.ReadAlikeAsync(stop)) findings = ReleaseCheck.Of(shelf.Versions, production, request);
        findings = [.. findings, .. LostBytes(draft.Set, shelf.Versions)];
        if (ReleaseCheck.Refuses(findings)) return new ReleaseEnd.Refused(findings);

        var changes = ReleaseChange.Between(production.Set, draft.Set);
        if (dryRun) return new ReleaseEnd.WouldGoLive(draft.Set, changes, findings);

        var candidate = await store.AddReleaseAsync(draft, stop);
        if (await store.MoveReleaseAsync(candidate.Number, ReleaseState.Live, CancellationToken.None))     // from here on it is too late to cancel
            return new ReleaseEnd.Live((await store.ReleaseAsync(candidate.Number, CancellationToken.None))!, changes, findings);
        await store.MoveReleaseAsync(candidate.Number, ReleaseState.Withdrawn, CancellationToken.None);
        return null;
    }

    /// <summary>Each file of a set that the store no longer has.</summary>
    IEnumerable<Finding> LostBytes(IReadOnlyDictionary<string, int> set, IReadOnlyDictionary<VersionName, VersionRecord> shelf)
    {
        foreach (var (asset, number) in set)
        {
            if (!shelf.TryGetValue(new(asset, number), out var version)) continue;      // the check has said so
            foreach (var file in version.Files.Where(f => !artifacts.Contains(f.Content)))
            {
                var says = Message.Of("release.bytes-lost", ("version", version.Name), ("file", file.Path), ("digest", file.Content.Short));
                yield return new("bytes", Severity.Refusal, says, []);
            }
        }
    }

    static ReleaseEnd.Refused Refused(string rule, Message says) => new([new(rule, Severity.Refusal, says, [])]);
}
