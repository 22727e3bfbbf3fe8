using RabbitMQ.Client;

namespace Kumiki.Queues.RabbitMq;

/// <summary>Where a RabbitMQ broker is: <c>amqp://USER@HOST:5672/VHOST</c>, or <c>amqps://…</c> with TLS.</summary>
/// <remarks>The password is best kept in <c>KUMIKI_QUEUE_PASSWORD</c>; it may stand in <c>KUMIKI_QUEUE</c>, and is never printed.</remarks>
public sealed record RabbitAddress
{
    /// <summary>Holds the password where the address has none.</summary>
    public const string PasswordVariable = "KUMIKI_QUEUE_PASSWORD";

    readonly Uri uri;

    RabbitAddress(Uri uri) => this.uri = uri;

    /// <exception cref="KumikiException">It is none; the sentence does not show the password.</exception>
    public static RabbitAddress Parse(string text)
    {
        var isOne = Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "amqp" or "amqps";
        if (!isOne) throw Bad("it cannot be read");
        if (uri!.Host.Length == 0) throw Bad("it names no host");
        if (uri.AbsolutePath.Trim('/').Contains('/')) throw Bad("a virtual host with a / in its name is written with %2F");
        if (uri.Query.Length > 0 || uri.Fragment.Length > 0) throw Bad("nothing may follow the virtual host");
        return new(uri);

        KumikiException Bad(string reason) => new(Message.Of("queue.rabbit-address", ("address", Shown(text)), ("reason", reason)));
    }

    /// <summary>The host and port.</summary>
    public string Host => $"{uri.Host}:{Port}";

    int Port => uri.Port > 0 ? uri.Port : uri.Scheme == "amqps" ? 5671 : 5672;

    internal string VirtualHost => uri.AbsolutePath.Trim('/') is { Length: > 0 } path ? Uri.UnescapeDataString(path) : "/";

    internal string User => Uri.UnescapeDataString(uri.UserInfo.Split(':')[0]) is { Length: > 0 } user ? user : "guest";

    string Password => uri.UserInfo.Split(':', 2) is [_, var stated] ? Uri.UnescapeDataString(stated)
        : Environment.GetEnvironmentVariable(PasswordVariable) is { Length: > 0 } kept ? kept : "guest";

    /// <summary>The address without its password.</summary>
    public override string ToString() => $"{uri.Scheme}://{User}@{Host}/{(VirtualHost == "/" ? "" : Uri.EscapeDataString(VirtualHost))}";

    internal ConnectionFactory Factory() => new()
    {
        HostName = uri.Host,
        Port = Port,
        UserName = User,
        Password = Password,
        VirtualHost = VirtualHost,
        Ssl = new SslOption { Enabled = uri.Scheme == "amqps", ServerName = uri.Host },
        ClientProvidedName = "kumiki",
        AutomaticRecoveryEnabled = false,       // the link opens anew itself: it must know which deliveries a lost connection took with it
        RequestedConnectionTimeout = TimeSpan.FromSeconds(10),
        RequestedHeartbeat = TimeSpan.FromSeconds(20),
        MaxInboundMessageBodySize = 2 * QueueMessage.MostBytes,
    };

    static string Shown(string text)
    {
        var (at, scheme) = (text.LastIndexOf('@'), text.IndexOf("://", StringComparison.Ordinal));
        return scheme >= 0 && scheme < at ? $"{text[..(scheme + 3)]}***{text[at..]}" : text;
    }
}
