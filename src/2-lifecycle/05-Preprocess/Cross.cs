using System.Linq.Expressions;
using Kumiki.Tables;

namespace Kumiki;

/// <summary>Names several columns as one in a feature's lambda: <c>.OneHot(r => Cross.Of(r.Store, r.Item))</c>, <c>.Number(r => Cross.Ratio(r.Debt,
/// r.Income))</c>. It is read, never run.</summary>
public static class Cross
{
    /// <summary>Two or three texts, enums or whole numbers together; missing where one of them is.</summary>
    public static string Of(object? first, object? second) => throw Called();

    /// <inheritdoc cref="Of(object?, object?)"/>
    public static string Of(object? first, object? second, object? third) => throw Called();

    /// <summary>The first number times the second.</summary>
    public static double? Product<TFirst, TSecond>(TFirst first, TSecond second) => throw Called();

    /// <summary>The one number divided by the other; missing where that is 0.</summary>
    public static double? Ratio<TOver, TUnder>(TOver over, TUnder under) => throw Called();

    /// <inheritdoc cref="Ratio{TOver, TUnder}(TOver, TUnder)"/>
    /// <param name="whenZero">What the ratio is where <paramref name="under"/> is 0.</param>
    public static double? Ratio<TOver, TUnder>(TOver over, TUnder under, double whenZero) => throw Called();

    static KumikiException Called() => new(Message.Of("features.cross-called"));

    /// <summary>The cross a lambda names, or null when it names a column.</summary>
    internal static CrossPlan? Read(LambdaExpression lambda, RowSchema schema)
    {
        var body = lambda.Body is UnaryExpression { NodeType: ExpressionType.Convert } converted ? converted.Operand : lambda.Body;
        if (body is not MethodCallExpression call || call.Method.DeclaringType != typeof(Cross)) return null;
        if (call.Method.Name == nameof(Of)) return new CrossPlan.Texts([.. call.Arguments.Select(Column)]);
        var (first, second) = (Column(call.Arguments[0]), Column(call.Arguments[1]));
        if (call.Method.Name == nameof(Product)) return new CrossPlan.Product(first, second);
        var whenZero = call.Arguments.Count < 3 ? double.NaN : Expression.Lambda<Func<double>>(call.Arguments[2]).Compile()();
        return new CrossPlan.Ratio(first, second, whenZero);

        ColumnSchema Column(Expression argument) => schema.ColumnOf(Expression.Lambda(argument, lambda.Parameters));
    }
}
