using System.Globalization;
using System.Runtime.InteropServices;
using Kumiki;
using Kumiki.Packages;
using Kumiki.Running;

// What is said goes to standard output; why it ended, or what went wrong while it ran, to standard error.
try
{
    return await RunAsync(RunnerOrder.Parse(args), TimeProvider.System);
}
catch (KumikiException e)
{
    Console.Error.WriteLine(e.Says);
    return 1;
}

static async Task<int> RunAsync(RunnerOrder order, TimeProvider clock)
{
    switch (order.Verb)
    {
        case "check":
            using (var trusted = order.Trusted())
            using (var package = EdgePackage.Open(order.Path, trusted))
            using (PackagedEndpoint.Open(package))
            {
                Console.WriteLine(Message.Of("runner.sound", ("package", order.Path), ("name", package.Manifest.Name), ("release", package.Manifest.Release),
                    ("files", package.Manifest.Files.Count + 2),
                    ("key", package.Manifest.Key)));
                return 0;
            }
        case "update":
            using (var trusted = order.Trusted())
            {
                var (manifest, ranAlready) = await new PackageHome(order.Path).UpdateAsync(order.Package!, trusted, default);
                Console.WriteLine(ranAlready ? Message.Of("runner.up-to-date", ("name", manifest.Name), ("release", manifest.Release))
                    : Message.Of("runner.updated", ("name", manifest.Name), ("release", manifest.Release)));
                return 0;
            }
        case "rollback":
            using (var trusted = order.Trusted())
            {
                var manifest = new PackageHome(order.Path).RollBack(trusted);
                Console.WriteLine(Message.Of("runner.updated", ("name", manifest.Name), ("release", manifest.Release)));
                return 0;
            }
        case "send-logs":
            var home = new PackageHome(order.Path);
            var sent = await new LogSender(home.LogFolder, order.SendTo!, home.Device()).SendAsync(default);
            Console.WriteLine(Message.Of("runner.sent", ("count", sent), ("url", order.SendTo)));
            return 0;
        default:
            return await ServeAsync(order, clock);
    }
}

static async Task<int> ServeAsync(RunnerOrder order, TimeProvider clock)
{
    using var trusted = order.Trusted();
    var home = PackageHome.Is(order.Path) ? new PackageHome(order.Path) : null;
    var first = home is null ? EdgePackage.Open(order.Path, trusted) : home.Open(trusted);
    await using var running = new RunningPackage(first, home, trusted, clock, Tell);
    await using var log = home is null ? null : new PredictionFile(home.LogFolder, order.LogBytes, clock, Tell);
    var door = new RunnerDoor(running, log, clock, fault => Console.Error.WriteLine(fault));
    await using var server = new LoopbackServer(order.Port, RunnerDoor.MostBody, door.Answer, RunnerDoor.Refuse);
    using var stopping = new CancellationTokenSource();
    var ended = new TaskCompletionSource();
    using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
    using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
    var sending = home is not null && order.SendTo is { } url ? new LogSender(home.LogFolder, url, home.Device()).FollowAsync(clock, Tell, stopping.Token)
        : Task.CompletedTask;
    Console.WriteLine(Message.Of("runner.answers", ("name", first.Manifest.Name), ("release", first.Manifest.Release),
        ("url", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{server.Port}"))));
    await ended.Task;
    await stopping.CancelAsync();
    await sending;
    return 0;

    void End(PosixSignalContext signal)
    {
        signal.Cancel = true;
        ended.TrySetResult();
    }

    static void Tell(Message says) => Console.Error.WriteLine(says);
}
