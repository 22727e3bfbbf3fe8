using System.Globalization;
using Kumiki.Client;
using Kumiki.ClientProbe;

// A process of its own that logs to the server of MLFLOW_TRACKING_URI, for tests of how it ends; and the sample of docs/client.md.
switch (args[0])
{
    case "sample":
        await Sample.RunAsync();
        break;
    case "leave":                               // COUNT points, and ends without a flush
        var run = await new TrackingClient(options: new() { Linger = TimeSpan.FromMinutes(1) }).StartRunAsync("left");
        for (var i = 0; i < int.Parse(args[1], CultureInfo.InvariantCulture); i++) run.LogMetric("m", i, i);
        Console.WriteLine(run.Id);
        break;
    default:
        return 1;
}
return 0;
