using System.Globalization;
using Kumiki;
using Kumiki.Store;
using Kumiki.StoreProbe;

// A process of its own over a data folder, for tests that kill it, trace it or run several of it, and for measuring. What it says on standard output has been
// done and is durable.
var folder = args[1];
switch (args[0])
{
    case "life":                                // every kind of durable step once
        await Life.LiveAsync(folder);
        break;
    case "make":                                // COUNT makings of ASSET at once
        await Life.MakeAsync(folder, args[2], int.Parse(args[3], CultureInfo.InvariantCulture));
        break;
    case "forever":                             // makings until it is killed
        await Life.MakeForeverAsync(folder);
        break;
    case "answer":                              // does what the lines of standard input ask for, and answers each
        await Answers.GiveAsync(folder);
        break;
    case "move":                                // into the stores that TO-METADATA and TO-ARTIFACTS name; a dash for none
        var to = new StoreSettings { Metadata = args[2] == "-" ? null : args[2], Artifacts = args[3] == "-" ? null : args[3] };
        Say((await StoreMove.RunAsync(folder, StoreSettings.OfEnvironment(), to, dryRun: false, null, TimeProvider.System, CancellationToken.None)).Says.In("en"));
        break;
    case "serve":                               // holds the server lock until standard input ends
        Directory.CreateDirectory(folder);
        try
        {
            using var hold = ServerLock.Take(folder, args[2]);
            Say("serving");
            await Console.In.ReadToEndAsync();
        }
        catch (KumikiException e)
        {
            Say(e.Says.In("en"));
            return 1;
        }
        break;
    case "consume":                             // takes from FROM, puts what it took into TO, and says each key that is settled, until it is killed
        await Consumer.ConsumeAsync(folder, args[2], args[3], args[4]);
        break;
    case "measure":
        await StoreSpeed.PrintAsync(folder);
        break;
    default:
        throw new ArgumentException($"No such verb: {args[0]}.");
}
return 0;

static void Say(string what)
{
    Console.Out.WriteLine(what);
    Console.Out.Flush();
}
