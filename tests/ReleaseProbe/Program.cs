using System.Globalization;
using Kumiki.ReleaseProbe;
using Kumiki.Store;

// A user of a data folder as a process of its own, for tests that kill it: FOLDER SEED STEPS. Each line it says has been done and is durable.
if (args[1] == "log")       // FOLDER log FIRST: a process that logs predictions
{
    await LoggingProcess.WorkAsync(args[0], int.Parse(args[2], CultureInfo.InvariantCulture), said =>
    {
        Console.Out.WriteLine(said);
        Console.Out.Flush();
    });
    return;
}
if (args[1] == "edge")      // FOLDER edge: a server that takes what an offline runner sends
{
    await EdgeProcess.WorkAsync(args[0], said =>
    {
        Console.Out.WriteLine(said);
        Console.Out.Flush();
    });
    return;
}
await using var data = DataFolder.Open(args[0], TimeProvider.System);
var user = new RandomUser(data, int.Parse(args[1], CultureInfo.InvariantCulture), said =>
{
    Console.Out.WriteLine(said);
    Console.Out.Flush();
});
await user.WorkAsync(int.Parse(args[2], CultureInfo.InvariantCulture));
Console.Out.WriteLine("done");
