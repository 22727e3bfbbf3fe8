using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace Kumiki.Shell;

/// <summary>Where a command prints: text for people, or one JSON document with <c>--json</c>. Errors go to standard error.</summary>
sealed class Terminal(bool json)
{
    static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new MessageJson(), new JsonStringEnumConverter() },
    };

    readonly IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings());

    public bool Json { get; } = json;

    /// <summary>Whether a person watches: then a progress bar is drawn, else plain lines are written.</summary>
    public bool IsWatched => !Json && !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "dumb");

    public IAnsiConsole Ansi => console;

    /// <summary>The result: <paramref name="value"/> as JSON, or what <paramref name="text"/> prints.</summary>
    public int Result(object value, Action text, int code = 0)
    {
        if (Json) Console.Out.WriteLine(JsonSerializer.Serialize(value, Options));
        else text();
        return code;
    }

    /// <summary>A line for people; nothing with <c>--json</c>.</summary>
    public void Line(string text = "")
    {
        if (!Json) Console.Out.WriteLine(text);
    }

    public void Line(Message message) => Line(message.ToString());

    /// <summary>What may come next.</summary>
    public void Next(params ReadOnlySpan<string> commands)
    {
        foreach (var command in commands) Line($"  → {command}");
    }

    /// <summary>Columns, aligned; the last one is not padded.</summary>
    public void Table(IReadOnlyList<string> head, IEnumerable<IReadOnlyList<string>> rows)
    {
        if (Json) return;
        List<IReadOnlyList<string>> all = [head, .. rows];
        var widths = head.Select((_, i) => all.Max(r => Width(r[i]))).ToArray();
        foreach (var row in all)
            Console.Out.WriteLine(string.Join("  ", row.Select((cell, i) => i == row.Count - 1 ? cell : cell + new string(' ', widths[i] - Width(cell)))).TrimEnd());
    }

    /// <summary>Columns of a terminal that a text takes; Chinese and Japanese characters take two.</summary>
    static int Width(string text)
    {
        var width = 0;
        foreach (var rune in text.EnumerateRunes())
            width += rune.Value is >= 0x1100 and <= 0x115F or >= 0x2E80 and <= 0xA4CF or >= 0xAC00 and <= 0xD7A3 or >= 0xF900 and <= 0xFAFF or >= 0xFE30 and <= 0xFE6F or >= 0xFF00 and <= 0xFF60 or >= 0xFFE0 and <= 0xFFE6 or >= 0x20000 ? 2 : 1;
        return width;
    }

    /// <summary>Findings, each with the commands that mend it.</summary>
    public void Findings(IEnumerable<Finding> findings, TextWriter? to = null)
    {
        if (Json) return;
        to ??= Console.Out;
        foreach (var finding in findings)
        {
            to.WriteLine($"{(finding.Severity == Severity.Refusal ? "✗" : "·")} {finding.Says}");
            foreach (var mend in finding.Mends) to.WriteLine($"    → {mend}");
        }
    }

    /// <summary>An error, as the end of a command.</summary>
    /// <returns>The exit code.</returns>
    public int Error(Message says, IReadOnlyList<Finding>? findings = null, int code = 1)
    {
        if (Json) Console.Out.WriteLine(JsonSerializer.Serialize(new { error = says, findings }, Options));
        else if (findings is { Count: > 0 }) Findings(findings, Console.Error);
        else Console.Error.WriteLine(says);
        return code;
    }
}

/// <summary>A message as a program reads it: its id and values, and the sentence in the process's language.</summary>
sealed class MessageJson : JsonConverter<Message>
{
    public override Message Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        return new(document.RootElement.GetProperty("id").GetString()!, document.RootElement.GetProperty("values").Deserialize<Dictionary<string, string>>()!);
    }

    public override void Write(Utf8JsonWriter writer, Message value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteString("id", value.Id);
        writer.WriteString("text", value.ToString());
        writer.WritePropertyName("values");
        JsonSerializer.Serialize(writer, value.Values, options);
        writer.WriteEndObject();
    }
}
