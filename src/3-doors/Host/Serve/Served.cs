using System.Net;
using System.Net.Sockets;
using Kumiki.Continuing;
using Kumiki.Importing;
using Kumiki.Making;
using Kumiki.Serving;
using Kumiki.Store;
using Kumiki.Tracking;

namespace Kumiki.Hosting;

/// <summary>What a server shows.</summary>
public sealed record Served
{
    /// <summary>The name on the pages.</summary>
    public required string Name { get; init; }

    /// <summary>The data folder, for the line that is printed and for the pages.</summary>
    public required string DataFolder { get; init; }

    /// <summary>The folder and the stores that are not in it, for the line that is printed.</summary>
    /// <value>The data folder by default.</value>
    public string? Where { get; init; }

    public required IMetadataStore Metadata { get; init; }
    public required IArtifactStore Artifacts { get; init; }

    /// <summary>Where clients of the tracking API log to; null answers no such client.</summary>
    public ITrackingStore? Tracking { get; init; }

    /// <summary>What makes the models that clients register into versions of assets; null leaves them to the registry alone.</summary>
    public ImportedModels? Imports { get; init; }

    /// <summary>The project as it stands now, with parameters set from outside; asked for whenever its graph is shown, because new data may open new members of
    /// a family. Null for the bare platform, which draws what was recorded.</summary>
    public Func<IReadOnlyList<ParameterSetting>, CancellationToken, Task<ServedProject>>? Project { get; init; }

    /// <summary>Whether it only shows: every change asked for is refused.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Whether it answers by a release that was brought to it, as an image brings one: it only shows, but keeps what its endpoints answer, the
    /// outcomes it is told and what offline runners send.</summary>
    public bool AnswersOnly { get; init; }

    /// <summary>Whether it takes what belongs into the prediction log.</summary>
    internal bool TakesLogs => AnswersOnly || !ReadOnly;

    /// <summary>Who stages and releases, for the history.</summary>
    /// <value>The system's user by default.</value>
    public string Author { get; init; } = Environment.UserName;

    /// <summary>The project's schedules, which the server runs unless it only shows; null for the bare platform,
    /// which only shows what was recorded of them.</summary>
    public Schedules? Schedules { get; init; }

    /// <summary>How occurrences are run.</summary>
    /// <value>Each making in a process of its own, so that the server answers meanwhile and a crash of native code takes nothing else with it.</value>
    public Attempt Attempt { get; init; } = new(OwnProcess: true);

    /// <summary>What models are given that are asked over the Open Inference Protocol.</summary>
    public ServingSettings Serving { get; init; } = new();

    /// <summary>Where models are asked over gRPC, on the same address: 1 … 65535.</summary>
    /// <value>Null: nowhere.</value>
    public int? GrpcPort { get; init; }

    /// <summary>What the server tells of itself, and how many may talk to it.</summary>
    public OperatingSettings Operating { get; init; } = new();

    /// <summary>Whether what endpoints answer is logged; a server that only shows logs nothing.</summary>
    /// <value>It is.</value>
    public bool LogPredictions { get; init; } = true;

    /// <summary>How long logged predictions are kept; null: for ever.</summary>
    /// <value>90 days.</value>
    public TimeSpan? KeepPredictions { get; init; } = TimeSpan.FromDays(90);

    /// <summary>The broker whose queues are shown.</summary>
    /// <value>Null: the queues of the metadata's store.</value>
    public ServedBroker? Broker { get; init; }

    /// <value>The system's clock by default.</value>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>A project and what tells why its versions are out of date.</summary>
public sealed record ServedProject(ProjectGraph Graph, Maker Maker);

/// <summary>Where a server listens: an address of this machine only, for there is no authentication yet.</summary>
public sealed record ServeAddress
{
    ServeAddress(IPAddress host, int port) => (Host, Port) = (host, port);

    /// <summary>A loopback address.</summary>
    public IPAddress Host { get; }

    /// <summary>0 … 65535; 0 takes any free port.</summary>
    public int Port { get; }

    /// <param name="host"><c>127.0.0.1</c>, <c>::1</c>, <c>localhost</c> or another loopback address.</param>
    /// <exception cref="KumikiException">Not loopback, or no port.</exception>
    public static ServeAddress Of(string host, int port)
    {
        if (port is < 0 or > 65535) throw new KumikiException(Message.Of("serve.bad-port", ("port", port)));
        var address = host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? IPAddress.Loopback
            : IPAddress.TryParse(host.Trim('[', ']'), out var parsed) ? parsed : null;
        return address is not null && IPAddress.IsLoopback(address)
            ? new(address, port)
            : throw new KumikiException(Message.Of("serve.not-loopback", ("host", host)));
    }

    /// <summary>With a port of its own where any would do.</summary>
    internal ServeAddress WithPort()
    {
        if (Port != 0) return this;
        using var listener = new TcpListener(Host, 0);
        listener.Start();
        return new(Host, ((IPEndPoint)listener.LocalEndpoint).Port);
    }

    /// <summary><c>127.0.0.1:5080</c>, <c>[::1]:5080</c>.</summary>
    public override string ToString() => new IPEndPoint(Host, Port).ToString();
}
