using Kumiki.Packages;

namespace Kumiki.Running;

/// <summary>A package with its endpoint open. It is closed when it was replaced and the last request that asks it is answered.</summary>
sealed class OpenedPackage(EdgePackage package, PackagedEndpoint endpoint)
{
    const int Gone = int.MinValue;

    int users = 1;      // the runner itself is one

    public EdgePackage Package => package;

    public PackagedEndpoint Endpoint => endpoint;

    public PackageManifest Manifest => package.Manifest;

    /// <summary>The version of a kind, such as <c>default-model@7</c>; of a model the one of that asset.</summary>
    public string? VersionOf(string kind, string? asset = null) =>
        Manifest.Versions.FirstOrDefault(v => v.Kind == kind && (asset is null || v.Name.StartsWith(asset + "@", StringComparison.Ordinal)))?.Name;

    public static OpenedPackage Open(EdgePackage package)
    {
        try
        {
            return new(package, PackagedEndpoint.Open(package));
        }
        catch
        {
            package.Dispose();
            throw;
        }
    }

    public bool TryUse()
    {
        for (var now = Volatile.Read(ref users); now > 0;)
        {
            var seen = Interlocked.CompareExchange(ref users, now + 1, now);
            if (seen == now) return true;
            now = seen;
        }
        return false;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref users) > 0 || Interlocked.CompareExchange(ref users, Gone, 0) != 0) return;
        endpoint.Dispose();
        package.Dispose();
    }
}

/// <summary>The package that answers now. In a home it follows the pointer: an update is opened and checked beside the old package, which answers until
/// then.</summary>
sealed class RunningPackage : IAsyncDisposable
{
    static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    readonly PackageHome? home;
    readonly TrustedKeys trusted;
    readonly Action<Message> tell;
    readonly CancellationTokenSource stopping = new();
    readonly Task following;
    OpenedPackage opened;
    string? refused;        // the package that the pointer named and that could not be opened: said once

    /// <param name="home">Null for a package that nothing updates.</param>
    /// <param name="tell">Hears of each swap and of each package that was refused.</param>
    public RunningPackage(EdgePackage first, PackageHome? home, TrustedKeys trusted, TimeProvider clock, Action<Message> tell)
    {
        (this.home, this.trusted, this.tell) = (home, trusted, tell);
        opened = OpenedPackage.Open(first);
        following = home is null ? Task.CompletedTask : FollowAsync(clock);
    }

    /// <summary>The package that answers; whoever takes it releases it.</summary>
    public OpenedPackage Take()
    {
        while (true)
        {
            var now = Volatile.Read(ref opened);
            if (now.TryUse()) return now;
        }
    }

    async Task FollowAsync(TimeProvider clock)
    {
        using var timer = new PeriodicTimer(Look, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping.Token)) Follow();
        }
        catch (OperationCanceledException)
        {
            // it ends
        }
    }

    void Follow()
    {
        string? wanted = null;
        try
        {
            wanted = home!.Read().Current;
            if (wanted is null || wanted == opened.Package.Id || wanted == refused) return;
            var next = OpenedPackage.Open(home.Open(trusted));
            var before = Interlocked.Exchange(ref opened, next);
            tell(Message.Of("runner.swapped", ("name", next.Manifest.Name), ("release", next.Manifest.Release), ("before", before.Manifest.Release)));
            before.Release();
            refused = null;
        }
        catch (Exception e) when (e is KumikiException or IOException)
        {
            if (wanted is null) return;     // the pointer was being looked at by another; the next look tells
            refused = wanted;
            tell(Message.Of("runner.not-swapped", ("release", opened.Manifest.Release), ("reason", e.Message)));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await following;
        opened.Release();
        stopping.Dispose();
    }
}
